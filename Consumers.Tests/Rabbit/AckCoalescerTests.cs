using Consumers.Rabbit;

namespace Consumers.Tests.Rabbit;

public sealed class AckCoalescerTests
{
    /// <summary>A channel as the broker sees it: what is unacknowledged, and what closes it.</summary>
    private sealed class BrokerChannel
    {
        private readonly SortedSet<ulong> _unacked = [];

        public List<ulong> Acked { get; } = [];

        public List<ulong> Returned { get; } = [];

        public void Deliver(ulong tag) => _unacked.Add(tag);

        public void Receive(Acknowledgement acknowledgement)
        {
            _unacked.ShouldContain(acknowledgement.Tag, "the broker closes a channel that names a tag it does not wait for");
            var covered = acknowledgement.Multiple ? _unacked.Where(tag => tag <= acknowledgement.Tag).ToArray() : [acknowledgement.Tag];
            foreach (var tag in covered)
            {
                _unacked.Remove(tag);
                (acknowledgement.HandBack ? Returned : Acked).Add(tag);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void In_any_order_of_completion_every_settled_tag_is_acked_once_and_no_other(int seed)
    {
        var random = new Random(seed);
        var coalescer = new AckCoalescer();
        var broker = new BrokerChannel();
        var open = new List<ulong>();
        var settled = new HashSet<ulong>();
        var handedBack = new HashSet<ulong>();
        var most = random.Next(0, 20);
        ulong next = 1;
        for (var step = 0; step < 3000; step++)
        {
            switch (random.Next(10))
            {
                case < 4 when open.Count < 200:
                    broker.Deliver(next);
                    coalescer.Deliver(next);
                    open.Add(next++);
                    break;
                case < 8 when open.Count > 0:
                    var tag = Take(open, random);
                    settled.Add(tag);
                    coalescer.Settle(tag).ShouldBeGreaterThan(0);
                    coalescer.Settle(tag).ShouldBe(0, "a second settlement changes nothing");
                    break;
                case 8 when open.Count > 0:
                    var returned = Take(open, random);
                    handedBack.Add(returned);
                    coalescer.HandBack(returned).ShouldBeTrue();
                    break;
                default:
                    for (var takes = random.Next(5); takes > 0 && coalescer.TryTake(most, out var some); takes--)
                    {
                        broker.Receive(some);
                    }
                    break;
            }
            broker.Acked.Count.ShouldBeLessThanOrEqualTo(settled.Count);
        }
        broker.Acked.ShouldAllBe(tag => settled.Contains(tag));
        while (coalescer.TryTake(0, out var rest))
        {
            broker.Receive(rest);
        }
        broker.Acked.Order().SequenceEqual(settled.Order()).ShouldBeTrue();
        broker.Returned.Order().SequenceEqual(handedBack.Order()).ShouldBeTrue();
        coalescer.Unsent.ShouldBe(open.Count);
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 100)];

    [Fact]
    public void A_settled_prefix_is_one_ack()
    {
        var coalescer = new AckCoalescer();
        for (var tag = 1UL; tag <= 10; tag++)
        {
            coalescer.Deliver(tag);
        }
        for (var tag = 10UL; tag >= 1; tag--)
        {
            coalescer.Settle(tag);
        }
        coalescer.TryTake(5, out var ack).ShouldBeTrue();
        ack.ShouldBe(new Acknowledgement(10, Multiple: true, HandBack: false));
        coalescer.TryTake(0, out _).ShouldBeFalse();
    }

    [Fact]
    public void Behind_an_unfinished_head_tags_are_acked_singly_once_they_are_more_than_allowed()
    {
        var coalescer = new AckCoalescer();
        for (var tag = 1UL; tag <= 6; tag++)
        {
            coalescer.Deliver(tag);
        }
        coalescer.Settle(2);
        coalescer.Settle(3);
        coalescer.TryTake(2, out _).ShouldBeFalse();
        coalescer.Settle(4);
        coalescer.TryTake(2, out var single).ShouldBeTrue();
        single.ShouldBe(new Acknowledgement(2, Multiple: false, HandBack: false));
        coalescer.TryTake(2, out _).ShouldBeFalse();
    }

    private static ulong Take(List<ulong> open, Random random)
    {
        var index = random.Next(open.Count);
        var tag = open[index];
        open.RemoveAt(index);
        return tag;
    }
}
