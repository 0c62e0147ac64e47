using System.Globalization;
using System.Text.Json;
using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.Pages;

namespace Consumers.Host.Cli.DeadLetters;

/// <summary>One run of <c>dead-letters replay</c> or <c>discard</c>.</summary>
internal sealed class ReplayCommand(ReplayRequest request, string? url, TextWriter output, TextWriter error, Asker asker, TimeProvider time)
{
    private string Verb => request.Kind.ToWire();

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        Check();
        using var host = new HostApi(url);
        if (request.Edit is { } edit)
        {
            return await ReplayEditedAsync(host, edit, cancellationToken);
        }
        var choice = await ChooseAsync(host, cancellationToken);
        if (choice is null)
        {
            return NothingToDo();
        }
        var preview = await host.PostAsync<PreviewView>("api/dead-letters/preview", choice, cancellationToken);
        if (request.DryRun)
        {
            return Describe(preview);
        }
        if (preview.Count == 0)
        {
            return NothingToDo();
        }
        if (preview.Count > 1 && !request.Yes && !asker.MayGoOn($"{Verb} {DeadLettersVerb.Words(preview.Count)}", preview.Count, mustType: request.Kind == OperationKind.Discard))
        {
            error.WriteLine("nothing was done");
            return ExitCode.Failed;
        }
        var order = new OperationBody(
            OperationSwitch.NewId(), Verb, choice.Filter, choice.Ids, preview.CutOff, preview.Count, request.By, request.Why, request.Rate, request.Canary, request.StopAt);
        var operation = await host.PostAsync<OperationView>("api/operations", order, cancellationToken);
        return await FollowAsync(host, operation, cancellationToken);
    }

    private void Check()
    {
        var ways = (request.Ids.Count > 0 ? 1 : 0) + (request.Where is not null ? 1 : 0) + (request.All ? 1 : 0);
        if (ways != 1)
        {
            throw new CliException(ExitCode.BadInput, $"say which dead letters to {Verb}: ids, or --where 'type:email reason:exhausted', or --all{(ways > 1 ? "; one of these only" : "")}.");
        }
        if (request.Edit is not null && request.Ids.Count != 1)
        {
            throw new CliException(ExitCode.BadInput, "--edit mends one dead letter, so it goes with exactly one id.");
        }
        if (request.Limit is < 1 or > OperationSwitch.MostIds)
        {
            throw new CliException(ExitCode.BadInput, $"--limit must be 1 to {OperationSwitch.MostIds}.");
        }
        if (request.Rate is { } rate && (rate < OperationSwitch.MinRate || rate > OperationSwitch.MaxRate))
        {
            throw new CliException(ExitCode.BadInput, "--rate must be 0.1 to 10000 a second.");
        }
        if (request.Canary < 0 || request.StopAt is < 1 or > 100)
        {
            throw new CliException(ExitCode.BadInput, "--canary must be 0 or more, and --stop-at 1 to 100.");
        }
    }

    /// <summary>Null when nothing matches.</summary>
    private async Task<ChoiceBody?> ChooseAsync(HostApi host, CancellationToken cancellationToken)
    {
        if (request.Ids.Count > 0)
        {
            return new ChoiceBody(Verb, null, request.Ids.Take(request.Limit ?? int.MaxValue).Distinct().ToArray());
        }
        var filter = WhereOption.Read(request.Where, time);
        if (filter.State is not (null or DeadLetterState.Dead))
        {
            throw new CliException(ExitCode.BadInput, $"--where: state:{filter.State.Value.ToWire()} cannot be asked for here; only what is dead can be {(request.Kind == OperationKind.Replay ? "replayed" : "discarded")}.");
        }
        if (request.Limit is not { } limit)
        {
            return new ChoiceBody(Verb, WhereOption.ToBody(filter), null);
        }
        var (letters, _) = await DeadLettersVerb.ReadAsync(host, filter with { State = DeadLetterState.Dead }, limit, cancellationToken);
        return letters.Count == 0 ? null : new ChoiceBody(Verb, null, [.. letters.Select(letter => letter.Id)]);
    }

    private int Describe(PreviewView preview)
    {
        if (request.Json)
        {
            DeadLettersVerb.Write(output, new { schema = "consumers.dead-letters.preview/1", kind = Verb, count = preview.Count, cutOff = preview.CutOff, replayedBefore = preview.ReplayedBefore, busy = preview.Busy });
            return ExitCode.Ok;
        }
        var length = request.Rate is { } rate && preview.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $", about {Words.Duration(TimeSpan.FromSeconds(preview.Count / rate))} at {rate:0.##}/s") : "";
        output.WriteLine($"would {Verb} {DeadLettersVerb.Words(preview.Count)}{length}."
            + (preview.ReplayedBefore > 0 ? $" {preview.ReplayedBefore} of them {(preview.ReplayedBefore == 1 ? "was" : "were")} replayed before." : "")
            + (preview.Busy > 0 ? $" {preview.Busy} more {(preview.Busy == 1 ? "is" : "are")} in the hands of another operation." : ""));
        return ExitCode.Ok;
    }

    private int NothingToDo()
    {
        if (request.Json)
        {
            DeadLettersVerb.Write(output, new { schema = "consumers.operation/1", operation = (OperationView?)null });
        }
        else
        {
            output.WriteLine($"nothing to {Verb}: no dead letter that is dead now matches");
        }
        return ExitCode.Ok;
    }

    private async Task<int> ReplayEditedAsync(HostApi host, JsonElement edit, CancellationToken cancellationToken)
    {
        var path = $"api/dead-letters/{Uri.EscapeDataString(request.Ids[0])}";
        var letter = await host.FindAsync<DeadLetterView>(path, cancellationToken) ?? throw new CliException(ExitCode.Failed, $"there is no dead letter '{Terminal.Clean(request.Ids[0])}'.");
        if (request.DryRun)
        {
            output.WriteLine(letter.State == "dead" ? "would replay 1 dead letter with another payload, as a new task." : $"would replay nothing: it is {letter.State}.");
            return ExitCode.Ok;
        }
        var member = letter.BodyFault is null ? "payload" : "message";
        var body = new Dictionary<string, object?> { ["operation"] = OperationSwitch.NewId(), ["by"] = request.By, ["why"] = request.Why, [member] = edit };
        return await FollowAsync(host, await host.PostAsync<OperationView>(path + "/replay", body, cancellationToken), cancellationToken);
    }

    private async Task<int> FollowAsync(HostApi host, OperationView operation, CancellationToken cancellationToken)
    {
        if (request.NoWait)
        {
            OperationText.Print(output, operation, request.Json);
            return ExitCode.Ok;
        }
        return await new OperationFollower(host, output, error, request.Json, time).FollowAsync(operation, cancellationToken);
    }
}
