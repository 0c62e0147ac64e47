using Consumers.Kafka;
using FsCheck;
using FsCheck.Fluent;

namespace Consumers.Tests.Kafka;

/// <summary>What may be committed, for records that are settled in any order.</summary>
public sealed class PartitionProgressTests
{
    [Fact]
    public void The_lowest_unsettled_record_holds_back_those_behind_it()
    {
        var progress = Begun(10, 11, 12);

        progress.Complete(1, 12).ShouldBeTrue();
        progress.Complete(1, 11).ShouldBeTrue();
        progress.Committable.ShouldBe(10);
        progress.Spread.ShouldBe(3);
        progress.Complete(1, 10).ShouldBeTrue();

        progress.Committable.ShouldBe(13);
        progress.InFlight.ShouldBe(0);
        progress.Spread.ShouldBe(0);
    }

    [Fact]
    public void Offsets_with_gaps_are_contiguous_where_nothing_lies_between()
    {
        var progress = Begun(3, 7, 20);

        progress.Complete(1, 3);
        progress.Committable.ShouldBe(7);
        progress.Complete(1, 20);
        progress.Complete(1, 7);

        progress.Committable.ShouldBe(21);
    }

    [Fact]
    public void Before_the_first_record_there_is_nothing_to_commit() => new PartitionProgress(1).Committable.ShouldBeNull();

    [Fact]
    public void A_completion_of_another_epoch_changes_nothing()
    {
        var progress = Begun(1);

        progress.Complete(completedEpoch: 2, 1).ShouldBeFalse();

        progress.Committable.ShouldBe(1);
    }

    [Fact]
    public void After_the_end_nothing_changes()
    {
        var progress = Begun(1, 2);
        progress.End();

        progress.Complete(1, 1).ShouldBeFalse();
        progress.Begin(3).ShouldBeFalse();

        progress.Committable.ShouldBe(1);
    }

    [Fact]
    public void A_record_is_taken_and_settled_once()
    {
        var progress = Begun(5);

        progress.Begin(5).ShouldBeFalse();
        progress.Begin(4).ShouldBeFalse();
        progress.Complete(1, 5).ShouldBeTrue();
        progress.Complete(1, 5).ShouldBeFalse();
        progress.Complete(1, 99).ShouldBeFalse();

        progress.Committable.ShouldBe(6);
    }

    /// <summary>Any mixture of begins and completions, against a model that is too simple to be wrong: a list of what was begun and a set of what is settled.</summary>
    [Fact]
    public void For_every_order_the_committed_offset_only_rises_and_never_passes_an_unsettled_record()
    {
        // Positive: begin so many offsets further on. Zero and below: complete the n-th begun record, or one that is none, or of another epoch.
        var steps = Gen.Choose(-40, 3).ArrayOf();

        Prop.ForAll(steps.ToArbitrary(), moves =>
        {
            var progress = new PartitionProgress(7);
            var (begun, settled, last) = (new List<long>(), new HashSet<long>(), -1L);
            long? committed = null;
            foreach (var move in moves)
            {
                if (move > 0)
                {
                    last += move;
                    begun.Add(last);
                    progress.Begin(last);
                }
                else
                {
                    var offset = -move < begun.Count ? begun[-move] : last + 1;
                    var epoch = move % 5 == -4 ? 6 : 7;
                    var isNew = epoch == 7 && begun.Contains(offset) && settled.Add(offset);
                    if (progress.Complete(epoch, offset) != isNew)
                    {
                        return false;
                    }
                }
                var open = begun.Where(offset => !settled.Contains(offset)).ToArray();
                long? expected = begun.Count == 0 ? null : open.Length > 0 ? open[0] : last + 1;
                if (progress.Committable != expected || expected < committed || progress.InFlight != open.Length)
                {
                    return false;
                }
                committed = expected;
            }
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static PartitionProgress Begun(params long[] offsets)
    {
        var progress = new PartitionProgress(1);
        Array.ForEach(offsets, offset => progress.Begin(offset).ShouldBeTrue());
        return progress;
    }
}
