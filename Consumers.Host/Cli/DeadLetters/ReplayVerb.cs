using System.CommandLine;
using System.Text;
using System.Text.Json;
using Consumers.Core;
using Consumers.Host.Api;

namespace Consumers.Host.Cli.DeadLetters;

/// <summary><c>dead-letters replay</c> and <c>dead-letters discard</c>: preview, ask, start, and follow.</summary>
internal static class ReplayVerb
{
    public static Verb Create(OperationKind kind)
    {
        var isReplay = kind == OperationKind.Replay;
        var name = kind.ToWire();
        var ids = new Argument<string[]>("ids") { Description = "Ids of dead letters; or --where, or --all.", Arity = ArgumentArity.ZeroOrMore };
        var (where, json, url) = (WhereOption.Create(), DeadLettersVerb.JsonOption(), HostAddress.CreateOption());
        var all = new Option<bool>("--all") { Description = "All that are dead." };
        var limit = new Option<int?>("--limit") { Description = $"Only the newest so many of those that match, 1 to {OperationSwitch.MostIds}." };
        var rate = new Option<string?>("--rate") { Description = "At most so many, such as 50/s or 30/m. Default: the configured rate." };
        var canary = new Option<int>("--canary") { Description = "So many first, and the rest only when these have ended well enough." };
        var stopAt = new Option<int>("--stop-at") { Description = "Stop when more than this percentage failed again; 100 never stops. Default 50.", DefaultValueFactory = _ => 50 };
        var edit = new Option<string?>("--edit") { Description = "A file with the new payload as JSON (of what is no task: the whole message); - for stdin. For one dead letter, which becomes a new task." };
        var yes = new Option<bool>("--yes") { Description = "Do not ask. Needed where nobody can be asked." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what it would do, and do nothing." };
        var noWait = new Option<bool>("--no-wait") { Description = "Start it, and do not follow it to its end." };
        var by = new Option<string?>("--by") { Description = "Your name, for the audit. Default: the name of your account.", DefaultValueFactory = _ => Environment.UserName };
        var why = new Option<string?>("--why") { Description = "A reason, for the audit." };
        var verb = new Verb(name, isReplay ? "Publish dead letters again: each runs with its attempts counted anew." : "Mark dead letters as seen to. They stay in the archive, and are no longer dead.")
        {
            Examples = isReplay
                ?
                [
                    "consumers dlq replay --where 'reason:exhausted type:email' --rate 50/s --dry-run",
                    "consumers dlq replay --where 'reason:exhausted type:email' --rate 50/s --canary 5 --yes --why 'mail server is back'",
                    "consumers dlq replay 0199f0c2 0199f0c3",
                    "consumers dlq replay 0199f0c2 --edit payload.json",
                ]
                : ["consumers dlq discard 0199f0c2 --why 'a test of ours'", "consumers dlq discard --where 'reason:malformed' --dry-run", "consumers dlq discard --where 'reason:malformed' --yes"],
        };
        verb.Add(ids);
        Option[] options = isReplay
            ? [where, all, limit, rate, canary, stopAt, edit, yes, dryRun, noWait, by, why, json, url]
            : [where, all, limit, rate, yes, dryRun, noWait, by, why, json, url];
        return verb.With(options, (parsed, streams, cancellationToken) =>
        {
            var request = new ReplayRequest(
                kind, parsed.GetValue(ids) ?? [], parsed.GetValue(where), parsed.GetValue(all), parsed.GetValue(limit), PublishVerb.ParseRate(parsed.GetValue(rate)),
                isReplay ? parsed.GetValue(canary) : 0, isReplay ? parsed.GetValue(stopAt) : 100, isReplay && parsed.GetValue(edit) is { } file ? ReadEdit(file) : null,
                parsed.GetValue(yes), parsed.GetValue(dryRun), parsed.GetValue(noWait), parsed.GetValue(by), parsed.GetValue(why), parsed.GetValue(json));
            return new ReplayCommand(request, parsed.GetValue(url), streams.Output, streams.Error, Asker.OfTerminal(streams.Error), TimeProvider.System).RunAsync(cancellationToken);
        });
    }

    private static JsonElement ReadEdit(string file)
    {
        try
        {
            var text = file == "-" ? Console.In.ReadToEnd() : File.ReadAllText(file, Encoding.UTF8);
            return JsonElement.Parse(text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CliException(ExitCode.BadInput, $"--edit '{Terminal.Clean(file)}' cannot be read: {Terminal.Clean(e.Message)}", e);
        }
        catch (JsonException e)
        {
            throw new CliException(ExitCode.BadInput, $"--edit '{Terminal.Clean(file)}' is not JSON: {Terminal.Clean(e.Message)}", e);
        }
    }
}

/// <param name="Rate">A second.</param>
/// <param name="Edit">The new payload, or the whole message.</param>
internal sealed record ReplayRequest(
    OperationKind Kind, IReadOnlyList<string> Ids, string? Where, bool All, int? Limit, double? Rate, int Canary, int StopAt, JsonElement? Edit,
    bool Yes, bool DryRun, bool NoWait, string? By, string? Why, bool Json);
