using Confluent.Kafka;
using Consumers.Kafka;

namespace Consumers.Tests.Kafka;

/// <summary>A member's assignment as it travels.</summary>
public sealed class GroupReaderTests
{
    // Version 1; two topics, "a" with 0 and 258, "bc" with 7; no user data.
    private static readonly byte[] Assignment =
        [0, 1, 0, 0, 0, 2, 0, 1, (byte)'a', 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1, 2, 0, 2, (byte)'b', (byte)'c', 0, 0, 0, 1, 0, 0, 0, 7, 255, 255, 255, 255];

    [Fact]
    public void Every_topic_and_partition_is_read() =>
        GroupReader.Assigned(Assignment).ShouldBe([new TopicPartition("a", 0), new TopicPartition("a", 258), new TopicPartition("bc", 7)]);

    [Fact]
    public void What_is_cut_off_is_read_as_far_as_it_goes()
    {
        for (var length = 0; length < Assignment.Length; length++)
        {
            GroupReader.Assigned(Assignment.AsSpan(0, length)).Count.ShouldBeLessThanOrEqualTo(3);
        }
        GroupReader.Assigned([]).ShouldBeEmpty();
    }

    [Fact]
    public void Lengths_and_counts_that_claim_more_than_there_is_end_it()
    {
        GroupReader.Assigned([0, 1, 127, 255, 255, 255, 0, 1, (byte)'a', 127, 255, 255, 255, 0, 0, 0, 5]).ShouldBe([new TopicPartition("a", 5)]);
        GroupReader.Assigned([0, 1, 0, 0, 0, 1, 255, 255]).ShouldBeEmpty();
    }
}
