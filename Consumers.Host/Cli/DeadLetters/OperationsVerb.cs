using System.CommandLine;
using Consumers.Core;
using Consumers.Host.Api;

namespace Consumers.Host.Cli.DeadLetters;

/// <summary><c>consumers operations</c>: replays and discards while they run, and after.</summary>
internal static class OperationsVerb
{
    public static Verb Create()
    {
        var verb = new Verb("operations", "Replays and discards of dead letters: look at them, and hold them.")
        {
            Examples = ["consumers operations list", "consumers operations watch op-7f3c01a2b3c4", "consumers operations cancel op-7f3c01a2b3c4"],
        };
        verb.Add(List());
        verb.Add(Show());
        verb.Add(Watch());
        foreach (var change in Enum.GetValues<OperationChange>())
        {
            verb.Add(Change(change));
        }
        return verb;
    }

    private static Verb List()
    {
        var (json, url) = (DeadLettersVerb.JsonOption(), HostAddress.CreateOption());
        var verb = new Verb("list", "The last 50, the newest first.") { Examples = ["consumers operations list", "consumers operations list --json"] };
        return verb.With([json, url], async (parsed, streams, cancellationToken) =>
        {
            using var host = new HostApi(parsed.GetValue(url));
            var operations = await host.GetAsync<OperationListView>("api/operations?limit=50", cancellationToken);
            if (parsed.GetValue(json))
            {
                DeadLettersVerb.Write(streams.Output, new { schema = "consumers.operations/1", items = operations.Items });
                return ExitCode.Ok;
            }
            var now = TimeProvider.System.GetUtcNow();
            TextTable.Print(streams.Output, ["ID", "KIND", "STATE", "TOTAL", "WAITING", "FAILED AGAIN", "STARTED", "BY", "WHICH"], operations.Items.Select(operation => (string?[])
                [operation.Id, operation.Kind, operation.State, DeadLettersVerb.Number(operation.Total), DeadLettersVerb.Number(operation.Waiting), DeadLettersVerb.Number(operation.FailedAgain), TextTable.Ago(operation.CreatedAt, now), operation.By, operation.Scope]));
            streams.Error.WriteLine(operations.Items.Count == 0 ? "none yet" : "Look: consumers operations show ID");
            return ExitCode.Ok;
        });
    }

    private static Verb Show()
    {
        var (id, json, url) = (Id(), DeadLettersVerb.JsonOption(), HostAddress.CreateOption());
        var verb = new Verb("show", "One operation, with the entries that did not go well.") { Examples = ["consumers operations show op-7f3c01a2b3c4", "consumers operations show op-7f3c01a2b3c4 --json"] };
        verb.Add(id);
        return verb.With([json, url], async (parsed, streams, cancellationToken) =>
        {
            using var host = new HostApi(parsed.GetValue(url));
            var operation = await FindAsync(host, parsed.GetRequiredValue(id), cancellationToken);
            OperationText.Print(streams.Output, operation, parsed.GetValue(json));
            if (parsed.GetValue(json))
            {
                return ExitCode.Ok;
            }
            streams.Output.WriteLine($"  {Texts.VisibleText.Line(operation.Scope, 300)}; by {Texts.VisibleText.Line(operation.By, 200)}{(operation.Why is { } why ? $": {Texts.VisibleText.Line(why, 300)}" : "")}");
            List<OperationItemView> trouble = [];
            foreach (var state in new[] { OperationItemState.FailedAgain, OperationItemState.Skipped })
            {
                trouble.AddRange((await host.GetAsync<OperationItemListView>($"api/operations/{Uri.EscapeDataString(operation.Id)}/items?state={state.ToWire()}&limit=50", cancellationToken)).Items);
            }
            if (trouble.Count > 0)
            {
                TextTable.Print(streams.Output, ["DEAD LETTER", "TASK", "STATE", "ERROR"], trouble.Select(item => (string?[])[item.DeadLetterId, item.TaskId, item.State, item.Error]));
            }
            return ExitCode.Ok;
        });
    }

    private static Verb Watch()
    {
        var (id, json, url) = (Id(), DeadLettersVerb.JsonOption(), HostAddress.CreateOption());
        var verb = new Verb("watch", "Follow one to its end: exit code 0 when all went well, 1 when not. Ctrl-C ends the watching, and not the operation.")
        {
            Examples = ["consumers operations watch op-7f3c01a2b3c4"],
        };
        verb.Add(id);
        return verb.With([json, url], async (parsed, streams, cancellationToken) =>
        {
            using var host = new HostApi(parsed.GetValue(url));
            var operation = await FindAsync(host, parsed.GetRequiredValue(id), cancellationToken);
            return await new OperationFollower(host, streams.Output, streams.Error, parsed.GetValue(json), TimeProvider.System).FollowAsync(operation, cancellationToken);
        });
    }

    private static Verb Change(OperationChange change)
    {
        var name = change.ToString().ToLowerInvariant();
        var (id, json, url) = (Id(), DeadLettersVerb.JsonOption(), HostAddress.CreateOption());
        var by = new Option<string?>("--by") { Description = "Your name, for the audit. Default: the name of your account.", DefaultValueFactory = _ => Environment.UserName };
        var verb = new Verb(name, change switch
        {
            OperationChange.Pause => "Hold it: what is published stays published, the rest waits.",
            OperationChange.Resume => "Let it go on.",
            _ => "End it: what is published stays published, the rest is left as it is.",
        })
        { Examples = [$"consumers operations {name} op-7f3c01a2b3c4"] };
        verb.Add(id);
        return verb.With([by, json, url], async (parsed, streams, cancellationToken) =>
        {
            using var host = new HostApi(parsed.GetValue(url));
            var changed = await host.PostAsync<OperationView>($"api/operations/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}/{name}", new ChangeBody(parsed.GetValue(by)), cancellationToken);
            OperationText.Print(streams.Output, changed, parsed.GetValue(json));
            return ExitCode.Ok;
        });
    }

    private static Argument<string> Id() => new("id") { Description = "Of the operation, as list shows it." };

    private static async Task<OperationView> FindAsync(HostApi host, string id, CancellationToken cancellationToken) =>
        await host.FindAsync<OperationView>($"api/operations/{Uri.EscapeDataString(id)}", cancellationToken)
        ?? throw new CliException(ExitCode.Failed, $"there is no operation '{Terminal.Clean(id)}'. Look: consumers operations list");
}
