using Consumers.Core;
using Consumers.Core.InMemory;

namespace Consumers.Tests.Core;

public sealed class InMemoryBrokerTests
{
    private readonly FakeTime _time = new();
    private readonly InMemoryBroker _broker;
    private readonly List<InMemoryDelivery> _delivered = [];

    public InMemoryBrokerTests() => _broker = new InMemoryBroker(_time);

    private IEnumerable<string?> Ids => _delivered.Select(delivery => delivery.FallbackId);

    private void Publish(params string[] ids)
    {
        foreach (var id in ids)
        {
            _broker.Publish(new InMemoryMessage(default, id, new Dictionary<string, string>()));
        }
    }

    [Fact]
    public async Task A_consumer_holds_no_more_than_its_prefetch()
    {
        Publish("a", "b", "c");
        using var consumer = _broker.Consume(prefetch: 2, _delivered.Add);

        Ids.ShouldBe(["a", "b"]);
        _broker.Ready.ShouldBe(1);
        (await _delivered[0].SettleAsync(Settlement.Ack.Instance, null, default)).ShouldBeTrue();
        Ids.ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public async Task What_a_lost_consumer_held_is_delivered_again_in_its_order_and_marked()
    {
        Publish("a", "b", "c", "d");
        var lost = _broker.Consume(3, _delivered.Add);
        await _delivered[1].SettleAsync(Settlement.Ack.Instance, null, default);
        var held = _delivered.ToArray();
        lost.Dispose();
        _delivered.Clear();

        using var next = _broker.Consume(10, _delivered.Add);

        Ids.ShouldBe(["a", "c", "d"]);
        _delivered.Select(delivery => delivery.Redelivered).ShouldBe([true, true, true]);
        (await held[0].SettleAsync(Settlement.Ack.Instance, null, default)).ShouldBeFalse("it is no longer the lost consumer's to acknowledge");
    }

    [Fact]
    public async Task What_is_handed_back_is_delivered_again_and_settling_twice_does_nothing()
    {
        using var consumer = _broker.Consume(1, _delivered.Add);
        Publish("a", "b");

        (await _delivered[0].SettleAsync(Settlement.HandBack.Instance, null, default)).ShouldBeTrue();

        Ids.ShouldBe(["a", "a"]);
        (await _delivered[0].SettleAsync(Settlement.Ack.Instance, null, default)).ShouldBeFalse();
        _broker.Ready.ShouldBe(1);
    }

    [Fact]
    public async Task A_delayed_message_comes_when_it_is_due_and_not_before()
    {
        using var consumer = _broker.Consume(10, _delivered.Add);
        Publish("a");
        var onward = new OnwardMessage("again"u8.ToArray(), "a", null, [new(TaskHeaders.Attempt, "2")], TimeSpan.FromSeconds(8));

        await _delivered[0].SettleAsync(new Settlement.Retry(_time.GetUtcNow(), 1, "why"), onward, default);

        _time.Advance(TimeSpan.FromSeconds(7.999));
        _delivered.Count.ShouldBe(1);
        _broker.WaitingUntil.Count.ShouldBe(1);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        _delivered.Count.ShouldBe(2);
        _delivered[1].Header(TaskHeaders.Attempt).ShouldBe("2");
        _broker.WaitingUntil.ShouldBeEmpty();
    }

    [Fact]
    public void Two_consumers_share_in_turn()
    {
        var second = new List<InMemoryDelivery>();
        using var one = _broker.Consume(10, _delivered.Add);
        using var two = _broker.Consume(10, second.Add);

        Publish("a", "b", "c", "d");

        _delivered.Count.ShouldBe(2);
        second.Count.ShouldBe(2);
    }
}
