using Consumers.Core;
using Consumers.Host.Monitoring.Balancing;

namespace Consumers.Tests.Host.Balancing;

/// <summary>What balances and what does not, from readings that are made up.</summary>
public sealed class BalanceTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_has_a_message_for_every_unfinished_task_balances()
    {
        var balance = Balance.Of("rabbit", Tally(queued: 10, processing: 3, retrying: 2, completed: 80, failed: 5), messages: 15);

        (balance.Published, balance.Completed, balance.Dead, balance.Waiting, balance.Running).ShouldBe((100, 80, 5, 12, 3));
        (balance.Difference, balance.Unrecorded, balance.WhyUnknown).ShouldBe((0, 0, null));
    }

    [Fact]
    public void Unfinished_tasks_without_a_message_are_the_difference()
    {
        var balance = Balance.Of("rabbit", Tally(queued: 500, processing: 3, completed: 80), messages: 13);

        balance.Difference.ShouldBe(490);
        (balance.Completed + balance.Dead + balance.Waiting + balance.Running + balance.Difference).ShouldBe(balance.Published);
    }

    [Fact]
    public void Messages_without_a_task_are_told_apart_and_are_no_difference()
    {
        var balance = Balance.Of("rabbit", Tally(processing: 3, completed: 80), messages: 120);

        (balance.Difference, balance.Unrecorded, balance.Waiting, balance.Published).ShouldBe((0, 117, 117, 200));
    }

    [Fact]
    public void What_is_still_to_be_published_and_what_is_between_two_queues_is_somewhere()
    {
        Balance.Of("rabbit", Tally(queued: 40) with { Unpublished = 40 }, messages: 0).Difference.ShouldBe(0);
        Balance.Of("rabbit", Tally(retrying: 7) with { FallingDue = 5 }, messages: 0).Difference.ShouldBe(2);
    }

    [Fact]
    public void What_cannot_be_counted_is_unknown_and_not_zero()
    {
        var many = Balance.Of("rabbit", Tally(queued: 20_000, completed: 1) with { Unpublished = null }, messages: 0);
        (many.Difference, many.Published, many.Completed, many.WhyUnknown).ShouldBe((null, null, 1, "more tasks wait to be published than are counted"));

        var without = Balance.WithoutRows("scaling", 10, 1, 5, 2);
        (without.Difference, without.Published, without.Completed, without.Waiting).ShouldBe((null, null, 10, 5));
        without.WhyUnknown!.ShouldContain("Record=none");
    }

    [Fact]
    public void What_differs_is_said_after_a_minute_with_the_least_that_it_was_and_no_more_when_it_balances()
    {
        var track = new BalanceTrack("rabbit");
        Balance? last = null;
        var at = 0;
        void For(int seconds, long? messages, TaskTally? tally)
        {
            for (var end = at + seconds; at < end; at += 2)
            {
                last = track.Add(Start.AddSeconds(at), Start.AddSeconds(at), messages, tally, messages is null ? "the broker does not say how many messages wait" : null);
            }
        }

        For(10, 30, Tally(queued: 30));
        last!.Difference.ShouldBe(0);
        For(58, 5, Tally(queued: 30));
        last.Difference.ShouldBe(25);
        last.Standing.ShouldBeNull("it may be a matter of a moment");
        For(2, 5, Tally(queued: 28));
        For(12, 5, Tally(queued: 28));
        last.Standing.ShouldBe(new Imbalance(Start.AddSeconds(16), 23));

        // A reading that is missing proves nothing.
        For(20, null, null);
        (last.Difference, last.WhyUnknown).ShouldBe((null, "the broker does not say how many messages wait"));
        last.Standing.ShouldNotBeNull();

        For(20, 5, Tally(queued: 5));
        (last.Difference, last.Standing).ShouldBe((0, null));
    }

    [Theory]
    [InlineData(-200)]
    [InlineData(200)]
    public void A_flow_is_no_difference_however_it_is_read(int perReading)
    {
        // The broker is read before the ledger, and its depth may be four seconds old.
        var track = new BalanceTrack("rabbit");
        for (var reading = 0; reading < 100; reading++)
        {
            long Tasks(int at) => 40_000 + ((long)perReading * at);
            var balance = track.Add(Start.AddSeconds(2 * reading), Start, Tasks(reading - 2), Tally(queued: Tasks(reading)), null);
            balance.Difference.GetValueOrDefault().ShouldBe(0);
        }
    }

    [Fact]
    public void Bursts_that_an_instance_tells_of_too_late_are_no_difference_that_stands()
    {
        var track = new BalanceTrack("rabbit");
        for (var reading = 0; reading < 200; reading++)
        {
            // Six seconds of every thirty: ten in hands of which nobody has told yet.
            var balance = track.Add(Start.AddSeconds(2 * reading), Start, 0, Tally(processing: reading % 15 < 6 ? 10 : 0), null);
            balance.Standing.ShouldBeNull();
        }
    }

    [Fact]
    public void Hands_are_counted_of_whoever_may_still_hold_something()
    {
        long? Of(out string? why, params InstanceReport[] reports) => InHands.Of("rabbit", reports, "me", 4, Start, out why);

        Of(out _, Report("me", InstanceStates.Running, 99), Report("other", InstanceStates.Running, 10)).ShouldBe(14);
        Of(out _, Report("gone", InstanceStates.Stopped, 10)).ShouldBe(4);
        Of(out _, Report("quiet", InstanceStates.Silent, 10)).ShouldBe(14, "its broker may not have noticed yet");
        Of(out _, Report("quiet", InstanceStates.Silent, 10) with { SeenAt = Start - InHands.Held - TimeSpan.FromSeconds(1) }).ShouldBe(4);
        Of(out _, Report("kafka-only", InstanceStates.Running, 10) with { Modules = "kafka", InHands = null }).ShouldBe(4);
        Of(out var why, Report("older", InstanceStates.Running, 0) with { InHands = null }).ShouldBeNull();
        why.ShouldBe("older does not tell what it has in its hands");
    }

    private static InstanceReport Report(string name, string state, int inHands) =>
        new(name, name, "host", 1, "1", "rabbit,kafka", null, Start, Start, state, 0, 0, 0) { InHands = new Dictionary<string, int> { ["rabbit"] = inHands } };

    private static TaskTally Tally(long queued = 0, long processing = 0, long retrying = 0, long completed = 0, long failed = 0) => new(
        new Dictionary<TaskState, long>
        {
            [TaskState.Queued] = queued, [TaskState.Processing] = processing, [TaskState.Retrying] = retrying, [TaskState.Completed] = completed, [TaskState.Failed] = failed,
        },
        0,
        0);
}
