using Consumers.Core;

namespace Consumers.Tests.Core;

public sealed class ElasticConcurrencyTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public void It_grows_to_its_maximum_while_a_backlog_stands()
    {
        var slots = new ElasticConcurrency(3, 10, _time);
        while (slots.TryEnter())
        {
        }
        slots.InUse.ShouldBe(3);
        slots.Observe(waiting: 5);
        slots.Limit.ShouldBe(6);
        while (slots.TryEnter())
        {
        }
        slots.Observe(5);
        slots.Limit.ShouldBe(10);
        while (slots.TryEnter())
        {
        }
        slots.Observe(5);
        slots.Limit.ShouldBe(10);
    }

    [Fact]
    public void It_does_not_grow_without_a_backlog()
    {
        var slots = new ElasticConcurrency(3, 10, _time);
        while (slots.TryEnter())
        {
        }
        slots.Observe(0);
        slots.Limit.ShouldBe(3);
    }

    [Fact]
    public void It_shrinks_to_its_minimum_when_idle()
    {
        var slots = new ElasticConcurrency(3, 10, _time);
        while (slots.TryEnter())
        {
        }
        slots.Observe(9);
        slots.Observe(9);
        slots.Exit();
        slots.Exit();
        slots.Exit();
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(ElasticConcurrency.IdleStep);
            slots.Observe(0);
        }
        slots.Limit.ShouldBe(3);
    }

    [Fact]
    public async Task Who_waits_gets_the_slot_that_is_given_back_and_a_cancelled_wait_takes_none()
    {
        var slots = new ElasticConcurrency(1, 1, _time);
        await slots.EnterAsync(default);
        using var cancel = new CancellationTokenSource();
        var cancelled = slots.EnterAsync(cancel.Token).AsTask();
        var next = slots.EnterAsync(default).AsTask();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(cancelled);

        slots.Exit();

        await next.WaitAsync(TimeSpan.FromSeconds(5));
        slots.InUse.ShouldBe(1);
    }
}
