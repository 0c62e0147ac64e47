using Consumers.Host.Monitoring;

namespace Consumers.Tests.Host;

public sealed class ThroughputTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_burst_that_is_over_drains_from_its_peak()
    {
        long[] waiting = [0, 0, 1000, 900, 800, 700, 600];

        var drain = Of(waiting).Drain;

        drain.Kind.ShouldBe(DrainKind.In);
        drain.After!.Value.TotalSeconds.ShouldBe(6, tolerance: 0.1);
    }

    [Fact]
    public void A_backlog_that_only_grows_is_never_gone() => Of([.. Enumerable.Range(1, 12).Select(i => i * 100L)]).Drain.Kind.ShouldBe(DrainKind.Never);

    [Fact]
    public void Two_readings_are_no_trend() => Of([0, 1000]).Drain.Kind.ShouldBe(DrainKind.Unknown);

    [Fact]
    public void Nothing_waiting_is_empty_and_not_never() => Of([5, 0, 0]).Drain.Kind.ShouldBe(DrainKind.Empty);

    [Fact]
    public void What_a_broker_did_not_say_is_unknown() =>
        Throughput.From([new(Start, 0, 0, 5), new(Start.AddSeconds(1), 10, 0, null)])!.Drain.Kind.ShouldBe(DrainKind.Unknown);

    [Fact]
    public void The_rate_is_over_all_that_was_sampled() => Of([0, 0, 0, 0, 0]).CompletedPerSecond.ShouldBe(10);

    private static Throughput Of(long[] waiting) =>
        Throughput.From([.. waiting.Select((ready, i) => new ThroughputSample(Start.AddSeconds(i), i * 10, 0, ready))])!;
}
