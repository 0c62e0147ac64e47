using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Consumers.Core;
using Consumers.Host.Api;

namespace Consumers.Host.Cli.DeadLetters;

/// <summary><c>consumers dead-letters</c>, <c>dlq</c> for short: what the pages do, by the API of the running host.</summary>
internal static class DeadLettersVerb
{
    public static Verb Create()
    {
        var verb = new Verb("dead-letters", "Look at what was given up on, replay it, discard it, or take it with you. Short: dlq.")
        {
            Examples =
            [
                "consumers dlq groups",
                "consumers dlq list --where 'reason:exhausted type:email since:1h'",
                "consumers dlq replay --where 'reason:exhausted type:email' --rate 50/s --dry-run",
            ],
        };
        verb.Aliases.Add("dlq");
        verb.Add(Groups());
        verb.Add(List());
        verb.Add(Show());
        verb.Add(ReplayVerb.Create(OperationKind.Replay));
        verb.Add(ReplayVerb.Create(OperationKind.Discard));
        verb.Add(Export());
        return verb;
    }

    private static Verb Groups()
    {
        var (where, limit, json, url) = (WhereOption.Create(), Limit(20), JsonOption(), HostAddress.CreateOption());
        var verb = new Verb("groups", "What they failed of: each cause once, the most frequent first.")
        {
            Examples = ["consumers dlq groups", "consumers dlq groups --where type:email --json"],
        };
        return verb.With([where, limit, json, url], async (parsed, output, cancellationToken) =>
        {
            using var host = new HostApi(parsed.GetValue(url));
            var filter = WhereOption.Read(parsed.GetValue(where), TimeProvider.System);
            var causes = await host.GetAsync<CauseListView>("api/dead-letters/causes" + DeadLetterQuery.ToQuery(filter, ("limit", Number(parsed.GetValue(limit)))), cancellationToken);
            if (parsed.GetValue(json))
            {
                Write(output.Output, new { schema = "consumers.dead-letters.groups/1", items = causes.Items });
                return ExitCode.Ok;
            }
            var now = TimeProvider.System.GetUtcNow();
            TextTable.Print(output.Output, ["REASON", "TYPE", "DEAD", "FIRST", "LAST", "CAUSE", "ERROR"],
                causes.Items.Select(cause => (string?[])[cause.Reason, cause.Type ?? "(no task)", Number(cause.Dead), TextTable.Ago(cause.FirstAt, now), TextTable.Ago(cause.LastAt, now), cause.Id, cause.Error]));
            output.Error.WriteLine(causes.Items.Count == 0
                ? "no dead letters: every task that ended, ended well"
                : $"{Words(causes.Items.Sum(cause => cause.Dead))} in {causes.Items.Count} {(causes.Items.Count == 1 ? "group" : "groups")}.  Look: consumers dlq list --where cause:{Terminal.Clean(causes.Items[0].Id)}");
            return ExitCode.Ok;
        });
    }

    private static Verb List()
    {
        var (where, limit, json, url) = (WhereOption.Create(), Limit(50), JsonOption(), HostAddress.CreateOption());
        var verb = new Verb("list", "Dead letters, the newest first; what is dead unless --where says another state.")
        {
            Examples = ["consumers dlq list", "consumers dlq list --where 'reason:malformed since:1d' --limit 200", "consumers dlq list --where state:replayed --json"],
        };
        return verb.With([where, limit, json, url], async (parsed, output, cancellationToken) =>
        {
            using var host = new HostApi(parsed.GetValue(url));
            var filter = WhereOption.Read(parsed.GetValue(where), TimeProvider.System);
            var (letters, more) = await ReadAsync(host, filter with { State = filter.State ?? DeadLetterState.Dead }, parsed.GetValue(limit), cancellationToken);
            if (parsed.GetValue(json))
            {
                Write(output.Output, new { schema = "consumers.dead-letters.list/1", items = letters, more });
                return ExitCode.Ok;
            }
            var now = TimeProvider.System.GetUtcNow();
            TextTable.Print(output.Output, ["ID", "TASK", "TYPE", "REASON", "STATE", "SINCE", "ERROR"], letters.Select(letter => (string?[])
                [letter.Id, letter.TaskId ?? "(no task)", letter.Type, letter.Reason, letter.State + (letter.Times > 1 ? $" ({letter.Times} times)" : ""), TextTable.Ago(letter.DeadAt, now), letter.Error]));
            output.Error.WriteLine(letters.Count == 0 ? "none match" : more ? $"the newest {letters.Count}; there are more: --limit" : $"{letters.Count} in all");
            return ExitCode.Ok;
        });
    }

    private static Verb Show()
    {
        var id = new Argument<string>("id") { Description = "Of the dead letter, as list shows it." };
        var raw = new Option<bool>("--raw") { Description = "Write the bytes of the body as they are, and nothing else. On a terminal they may do anything: send them into a file." };
        var (json, url) = (JsonOption(), HostAddress.CreateOption());
        var verb = new Verb("show", "One dead letter: why it is dead, its headers and its body.")
        {
            Examples = ["consumers dlq show 0199f0c2", "consumers dlq show 0199f0c2 --raw > body.bin", "consumers dlq show 0199f0c2 --json"],
        };
        verb.Add(id);
        return verb.With([raw, json, url], async (parsed, output, cancellationToken) =>
        {
            using var host = new HostApi(parsed.GetValue(url));
            var path = $"api/dead-letters/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}";
            if (parsed.GetValue(raw))
            {
                await using var stdout = Console.OpenStandardOutput();
                await host.CopyAsync(path + "/body", stdout, cancellationToken);
                return ExitCode.Ok;
            }
            var letter = await host.FindAsync<DeadLetterView>(path, cancellationToken)
                ?? throw new CliException(ExitCode.Failed, $"there is no dead letter '{Terminal.Clean(parsed.GetRequiredValue(id))}'. Its id is the first column of: consumers dlq list");
            if (parsed.GetValue(json))
            {
                Write(output.Output, letter);
            }
            else
            {
                LetterText.Print(output.Output, letter);
            }
            return ExitCode.Ok;
        });
    }

    private static Verb Export()
    {
        var (where, json, url) = (WhereOption.Create(), new Option<bool>("--bodies") { Description = "With bodies and headers; only as ndjson." }, HostAddress.CreateOption());
        var format = new Option<string>("--format") { Description = "ndjson or csv. A spreadsheet takes no cell of the csv for a formula.", DefaultValueFactory = _ => "ndjson" };
        var file = new Option<string?>("--output") { Description = "A file that must not be there yet. Default: stdout." };
        format.AcceptOnlyFromAmong("ndjson", "csv");
        var verb = new Verb("export", "All that match, whatever their state, the newest first; not capped.")
        {
            Examples = ["consumers dlq export --format csv --where state:dead --output dead.csv", "consumers dlq export --bodies | jq -r .error"],
        };
        return verb.With([where, format, json, file, url], async (parsed, output, cancellationToken) =>
        {
            using var host = new HostApi(parsed.GetValue(url));
            var filter = WhereOption.Read(parsed.GetValue(where), TimeProvider.System);
            var path = "api/dead-letters/export" + DeadLetterQuery.ToQuery(filter, ("format", parsed.GetValue(format)), ("bodies", parsed.GetValue(json) ? "true" : null));
            try
            {
                await using var target = parsed.GetValue(file) is { } name ? new FileStream(name, FileMode.CreateNew) : Console.OpenStandardOutput();
                var bytes = await host.CopyAsync(path, target, cancellationToken);
                output.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"));
                return ExitCode.Ok;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CliException(ExitCode.BadInput, $"--output '{Terminal.Clean(parsed.GetValue(file) ?? "")}' cannot be written: {Terminal.Clean(e.Message)}", e);
            }
        });
    }

    /// <summary>As many as are asked for, in as many pages as that takes.</summary>
    public static async Task<(IReadOnlyList<DeadLetterView> Letters, bool AreMore)> ReadAsync(HostApi host, DeadLetterFilter filter, int limit, CancellationToken cancellationToken)
    {
        var letters = new List<DeadLetterView>();
        string? after = null;
        do
        {
            var page = await host.GetAsync<DeadLetterListView>("api/dead-letters" + DeadLetterQuery.ToQuery(filter, ("after", after), ("limit", Number(Math.Min(200, limit - letters.Count)))), cancellationToken);
            letters.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null && letters.Count < limit);
        return (letters, after is not null);
    }

    public static Option<bool> JsonOption() => new("--json") { Description = "Print one JSON document." };

    public static void Write(TextWriter output, object document) => output.WriteLine(JsonSerializer.Serialize(document, JsonSerializerOptions.Web));

    public static string Words(long count) => $"{Number(count)} {(count == 1 ? "dead letter" : "dead letters")}";

    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static Option<int> Limit(int most)
    {
        var limit = new Option<int>("--limit") { Description = $"At most so many. Default {most}.", DefaultValueFactory = _ => most };
        limit.Validators.Add(result =>
        {
            if (!result.Errors.Any() && result.GetValueOrDefault<int>() is < 1 or > 100_000)
            {
                result.AddError("--limit must be 1 to 100000.");
            }
        });
        return limit;
    }
}
