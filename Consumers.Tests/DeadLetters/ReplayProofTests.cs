using System.Collections.Concurrent;
using System.Text;
using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.DeadLetters;

/// <summary>
/// G13: dead letters are replayed with the start doubled and the replaying instance killed half way, while other work goes on. What ran is counted outside the ledger.
/// </summary>
public sealed class ReplayProofTests(ITestOutputHelper output)
{
    private const int LivePerSecond = 100;

    [Fact]
    public Task Doubled_and_killed_half_way_each_runs_once() => ProveAsync(count: 1_000, rate: 250, baseline: TimeSpan.FromSeconds(2), mayJudgeRate: false);

    [Fact]
    public Task Ten_thousand_doubled_and_killed_half_way_each_run_once_and_live_work_keeps_its_rate()
    {
        LongTests.Require("about a minute and a half");
        return ProveAsync(count: 10_000, rate: 250, baseline: TimeSpan.FromSeconds(15), mayJudgeRate: true);
    }

    private async Task ProveAsync(int count, double rate, TimeSpan baseline, bool mayJudgeRate)
    {
        await using var fleet = await ReplayFleet.CreateAsync();
        var hosts = new Dictionary<string, HostProcess>();
        foreach (var name in (string[])["consumer-1", "consumer-2"])
        {
            hosts[name] = await fleet.StartAsync(name);
        }
        await fleet.SeedAsync(count);
        await fleet.Broker.UntilDeclaredAsync();
        using var enough = new CancellationTokenSource();
        var live = PublishLiveAsync(fleet.Broker, enough.Token);
        await Task.Delay(baseline, TimeProvider.System, TestContext.Current.CancellationToken);

        var (winner, refused) = await StartDoubledAsync(fleet, rate);
        var began = Now();
        var half = await fleet.UntilAsync(operation => operation.Succeeded >= count / 2 && operation.Runner is not null, "half of it is done", winner);
        hosts[half.Runner!].Kill9();
        var killed = Now();
        await fleet.UntilAsync(operation => operation.Runner is { } runner && runner != half.Runner, "another instance has taken it up", winner);
        var takenUp = Now() - killed;
        var done = await fleet.UntilAsync(operation => operation.State == OperationState.Done, "it is done", winner);
        var ended = Now();
        await enough.CancelAsync();
        var published = await live;
        await Eventually.TrueAsync(() => LiveEffects(fleet).Select(effect => effect.Id).Distinct().Count() == published, "all live work is done", TimeSpan.FromSeconds(60));

        (done.Succeeded, done.Total).ShouldBe((count, count));
        refused.ShouldNotBeEmpty();
        fleet.Read("""SELECT COUNT(*) || ' ' || (SELECT COUNT(*) FROM "OperationItems") FROM "Operations" """).ShouldBe($"1 {count}");
        fleet.ShouldHaveRunOnce(count);

        var before = RateOf(fleet, began - baseline, began);
        var meanwhile = RateOf(fleet, began, ended);
        output.WriteLine($"{count} replayed in {(ended - began).TotalSeconds:0.0} s at up to {rate}/s; {half.Runner} killed after {(killed - began).TotalSeconds:0.0} s, taken up {takenUp.TotalMilliseconds:0} ms later; "
            + $"live work {before:0.0}/s before, {meanwhile:0.0}/s meanwhile ({100 * meanwhile / before:0} %); {fleet.Effects.Count(effect => effect.Id.StartsWith("task-", StringComparison.Ordinal)) - count} effects repeated by the kill");
        if (mayJudgeRate)
        {
            meanwhile.ShouldBeGreaterThan(0.8 * before);
        }
    }

    /// <summary>One person clicks twice, another has the same idea. Returns the operation that came of it, and how the others were refused.</summary>
    private static async Task<(string Winner, IReadOnlyList<string> Refused)> StartDoubledAsync(ReplayFleet fleet, double rate)
    {
        var choice = OperationFleet.Replay(new DeadLetterFilter(Type: "probe"));
        var preview = await fleet.Operations.PreviewAsync(choice, TestContext.Current.CancellationToken);
        var order = new OperationOrder("anna-1", choice, preview.CutOff, preview.Count, "anna", "the server is back", rate);
        var winners = new ConcurrentBag<string>();
        var refused = new ConcurrentBag<string>();
        await Task.WhenAll(((OperationOrder[])[order, order, order with { Id = "ben-1", By = "ben" }]).Select(async one =>
        {
            try
            {
                winners.Add((await fleet.Operations.StartAsync(one, TestContext.Current.CancellationToken)).Id);
            }
            catch (OperationRefusedException e)
            {
                refused.Add(e.Message);
            }
        }));
        return (winners.Distinct().ShouldHaveSingleItem(), [.. refused]);
    }

    /// <summary>At an even rate until it is enough; returns how many.</summary>
    private static async Task<int> PublishLiveAsync(RabbitBroker broker, CancellationToken enough)
    {
        const int batch = 10;
        var onTheirWay = new List<Task>();
        var published = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds((double)batch / LivePerSecond), TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(enough))
            {
                for (var i = 0; i < batch; i++)
                {
                    onTheirWay.Add(broker.PublishAsync(Encoding.UTF8.GetBytes($$$"""{"id":"live-{{{++published}}}","type":"probe","payload":{"delayMs":5}}"""), null));
                }
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
        }
        await Task.WhenAll(onTheirWay);
        return published;
    }

    private static IEnumerable<HistoryLine> LiveEffects(ReplayFleet fleet) => fleet.Effects.Where(effect => effect.Id.StartsWith("live-", StringComparison.Ordinal));

    private static double RateOf(ReplayFleet fleet, DateTimeOffset from, DateTimeOffset to) =>
        LiveEffects(fleet).Count(effect => At(effect) >= from && At(effect) < to) / (to - from).TotalSeconds;

    private static DateTimeOffset At(HistoryLine line) => DateTimeOffset.UnixEpoch.AddTicks(line.TimeUs * TimeSpan.TicksPerMicrosecond);

    private static DateTimeOffset Now() => TimeProvider.System.GetUtcNow();
}
