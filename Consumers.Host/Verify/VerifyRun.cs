using Consumers.Core;
using Consumers.Fleet;
using Consumers.Host.Hosting;
using Consumers.Host.Proof;
using Consumers.Ledger;

namespace Consumers.Host.Verify;

/// <summary>One run: stage, fleet, load under faults, rest, collection, grading. Whatever happens, nothing that it started outlives it.</summary>
/// <param name="say">Told what is going on, a line at a time.</param>
/// <param name="shared">A RabbitMQ of several runs; null for one of its own.</param>
internal sealed class VerifyRun(VerifyRequest request, Action<string> say, Uri? shared = null)
{
    private const int WarmUpMessages = 150;
    private const int BurstAtOnce = 256;

    /// <summary>Bodies on the mock cluster: a partition keeps 5 MiB there, and drops what is older.</summary>
    private const int LargestOnMock = 1024;

    private const int LargestBody = 8 * 1024;
    private const double LowestRate = 20, HighestRate = 1000;

    /// <summary>Deliveries that a RabbitMQ lane of the defaults may hold: twice its concurrency of 10.</summary>
    private const int MostInHand = 40;

    private static readonly TimeSpan NoProgress = TimeSpan.FromSeconds(15);

    private readonly TimeProvider _time = TimeProvider.System;
    private double? _peak;
    private double _rate;

    /// <exception cref="VerifyAbortedException">It could not be made.</exception>
    public async Task<VerifyResult> RunAsync(CancellationToken cancellationToken)
    {
        var place = new Workplace(request.Keep);
        VerifyResult? result = null;
        try
        {
            await using (place)
            {
                result = await RunAsync(place, cancellationToken);
            }
        }
        finally
        {
            if (result is null or { Proof.Verdict: ProofVerdict.Valid } && !request.Keep)
            {
                place.Remove();
            }
        }
        return request.Keep || result.Proof.Verdict != ProofVerdict.Valid ? result with { Folder = place.Folder } : result;
    }

    private async Task<VerifyResult> RunAsync(Workplace place, CancellationToken cancellationToken)
    {
        var began = _time.GetUtcNow();
        await using var stage = new Stage(request, place, shared);
        try
        {
            await stage.StartAsync(cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new VerifyAbortedException(e.Message, e);
        }
        say($"{string.Join(" and ", stage.Products)} up");
        using var history = ProcessHistory.Open(place.Histories, "driver", new InstanceIdentity("verify", _time), _time);
        var names = Enumerable.Range(1, request.Instances).Select(i => $"consumer-{i}").ToArray();
        await using var fleet = new FleetUnderTest(names, [.. stage.Environment()], place, history);
        await fleet.StartAsync(cancellationToken);
        say($"{names.Length} instances are ready");

        var tail = new HistoryTail(place.Histories);
        var load = new LoadRunner([.. stage.Brokers.Select(broker => (broker, MixFor(broker.Module)))], history, _time);
        var exercises = new Exercises(request, fleet, history, say);
        var injector = new FaultInjector(request, place, stage, fleet, load, tail, history, say);
        await ChooseRateAsync(load, tail, cancellationToken);

        using (var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            var loading = load.RunAsync(_rate, enough.Token);
            try
            {
                var least = Task.Delay(request.Load, _time, cancellationToken);
                await injector.RunAsync(() => exercises.PauseEachAsync(cancellationToken), cancellationToken);
                await least;
                await exercises.ReplayAsync(cancellationToken);
            }
            finally
            {
                await enough.CancelAsync();
                await loading;
            }
        }
        say($"the load has ended: {load.Confirmed} confirmed, {load.Unknown} unknown, {load.Refused} refused");
        await RestAsync(stage, tail, cancellationToken);
        return await CollectAsync(place, stage, fleet, load, began, cancellationToken);
    }

    private LoadMix MixFor(string module) => new(module, request.Seed, hasKeys: module == ModuleSwitches.Kafka, module == ModuleSwitches.Kafka && request.KafkaServers is null ? LargestOnMock : LargestBody, hasCopies: request.IsGuarded);

    /// <summary>The rate that was asked for, or half of what the fleet does when more than it can do is there.</summary>
    private async Task ChooseRateAsync(LoadRunner load, HistoryTail tail, CancellationToken cancellationToken)
    {
        // The first tasks of a process are slow.
        await load.BurstAsync(WarmUpMessages, BurstAtOnce, cancellationToken);
        await DrainedAsync(tail, cancellationToken);
        if (request.Rate is { } asked)
        {
            _rate = asked;
            return;
        }
        await load.BurstAsync(WarmUpMessages * 6, BurstAtOnce, cancellationToken);
        await DrainedAsync(tail, cancellationToken);
        _peak = tail.PeakRate();
        _rate = Math.Clamp(Math.Round(_peak.Value / 2), LowestRate, HighestRate);
        say(FormattableString.Invariant($"measured peak {_peak:0} attempts/s; the load is half of it: {_rate:0} messages/s"));
    }

    private static Task<bool> DrainedAsync(HistoryTail tail, CancellationToken cancellationToken) => Waiting.UntilAsync(
        () =>
        {
            tail.Advance();
            return Task.FromResult(tail.Open == 0);
        },
        TimeSpan.FromSeconds(60), cancellationToken);

    /// <summary>Waits until every confirmed task is final and the queues were seen empty three times, or nothing has happened for a while.</summary>
    private async Task RestAsync(Stage stage, HistoryTail tail, CancellationToken cancellationToken)
    {
        var (lines, since, empty) = (-1L, _time.GetTimestamp(), 0);
        while (empty < 3)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(300), _time, cancellationToken);
            tail.Advance();
            if (tail.Lines != lines)
            {
                (lines, since) = (tail.Lines, _time.GetTimestamp());
            }
            empty = tail.Open == 0 && (await DepthsAsync(stage)).Values.All(depth => depth == 0) ? empty + 1 : 0;
            if (empty == 0 && _time.GetElapsedTime(since) > NoProgress)
            {
                say($"nothing has happened for {NoProgress.TotalSeconds:0} s, and {tail.Open} confirmed tasks are not final");
                return;
            }
        }
        say("every confirmed task is final, and the queues are empty");
    }

    private static async Task<Dictionary<string, long>> DepthsAsync(Stage stage)
    {
        var all = new Dictionary<string, long>();
        foreach (var broker in stage.Brokers)
        {
            foreach (var (queue, depth) in await broker.DepthsAsync() ?? new Dictionary<string, long> { [$"the broker of {broker.Module} does not answer"] = -1 })
            {
                all[queue] = depth;
            }
        }
        return all;
    }

    private async Task<VerifyResult> CollectAsync(Workplace place, Stage stage, FleetUnderTest fleet, LoadRunner load, DateTimeOffset began, CancellationToken cancellationToken)
    {
        var depths = new Dictionary<string, IReadOnlyDictionary<string, long>>();
        foreach (var broker in stage.Brokers)
        {
            depths[broker.Module] = await broker.DepthsAsync() ?? new Dictionary<string, long> { [$"the broker of {broker.Module} does not answer"] = -1 };
        }
        await fleet.TerminateAllAsync();
        var lines = HistoryChecker.ReadFolder(place.Histories);
        var ledger = File.Exists(place.Ledger) ? LedgerOutside.Tasks(place.Ledger) : [];
        var inputs = new Dictionary<string, ProofInput>();
        foreach (var broker in stage.Brokers)
        {
            var module = broker.Module;
            var isScaling = module == ModuleSwitches.Scaling;
            var isRecorded = !isScaling && (request.IsGuarded || module == ModuleSwitches.Kafka);
            inputs[module] = new ProofInput
            {
                History = ModuleTasks.Of(module, lines),
                Ledger = isRecorded ? ledger.Where(task => ModuleTasks.ModuleOf(task.Key) == module).ToDictionary() : null,
                DeadLetters = [.. await broker.ReadDeadLettersAsync(cancellationToken)],
                Depths = depths[module],
                IsGuarded = isScaling || isRecorded,
                GuardIsRedis = isScaling,
                Counters = isScaling ? await CountersOutside.ReadAsync(stage.Redis!.Url.ToString(), fleet.Names) : null,
                MostInHand = module == ModuleSwitches.Kafka ? null : MostInHand,
                RecoversWithin = FaultKind.All.ToDictionary(kind => kind.Name, kind => kind.RecoversWithin),
                Schedule = Workplace.Schedule,
            };
        }
        var proof = HistoryChecker.CheckFleet(lines, inputs);
        await stage.CleanAsync();
        return new VerifyResult
        {
            Request = request,
            Products = stage.Products,
            Checked = CheckedInvariants.Of(request, lines),
            Began = began,
            Took = _time.GetUtcNow() - began,
            Peak = _peak,
            Rate = _rate,
            Confirmed = load.Confirmed,
            Unknown = load.Unknown,
            Refused = load.Refused,
            Proof = proof,
            Faults = [.. proof.Faults.Select(fault => FaultResult.From(fault, lines, request.Modules))],
            Timeline = Timeline.From(lines),
            BadTasks = BadTask.From(proof, lines),
            Growths = [.. Growth.Of(lines)],
        };
    }
}
