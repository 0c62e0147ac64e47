using Consumers.Rabbit;
using Consumers.Tests.Fixtures;
using RabbitMQ.Client;

namespace Consumers.Tests.Rabbit;

public sealed class LaneQueueTests
{
    private readonly LaneQueue _queue = new();

    [Fact]
    public async Task A_worker_that_was_woken_first_does_not_keep_the_oldest_from_one_that_runs()
    {
        var waiting = _queue.TakeAsync(new LaneQueue.Worker());
        waiting.IsCompleted.ShouldBeFalse();
        Add(1).ShouldBeTrue();
        Add(2).ShouldBeTrue();

        _queue.TryTake(out var first).ShouldBeTrue();

        // Woken at once, so it may have come first; whoever came second has the second.
        var other = await waiting;
        new[] { first.Tag, other!.Tag }.Order().ShouldBe([1UL, 2UL]);
    }

    [Fact]
    public async Task Every_delivery_has_a_worker_of_its_own_as_long_as_one_is_idle()
    {
        var waiting = Enumerable.Range(0, 3).Select(_ => _queue.TakeAsync(new LaneQueue.Worker()).AsTask()).ToArray();
        for (var tag = 1UL; tag <= 3; tag++)
        {
            Add(tag);
        }
        (await Task.WhenAll(waiting)).Select(delivery => delivery!.Tag).Order().ShouldBe([1UL, 2UL, 3UL]);
    }

    [Fact]
    public async Task A_worker_that_was_woken_for_nothing_is_woken_again()
    {
        var thread = new ContinuationsOnCall();
        var waiting = thread.Begin(() => _queue.TakeAsync(new LaneQueue.Worker()).AsTask());
        Add(1);
        // Before the woken one runs.
        _queue.TryTake(out _).ShouldBeTrue();
        thread.RunAll().ShouldBe(1);
        waiting.IsCompleted.ShouldBeFalse();

        Add(2);

        thread.RunAll().ShouldBe(1);
        (await waiting).ShouldNotBeNull().Tag.ShouldBe(2UL);
    }

    [Fact]
    public async Task When_it_is_complete_nothing_is_added_and_what_is_there_can_be_taken()
    {
        var worker = new LaneQueue.Worker();
        Add(1);
        _queue.Complete();

        Add(2).ShouldBeFalse();
        (await _queue.TakeAsync(worker)).ShouldNotBeNull().Tag.ShouldBe(1UL);
        (await _queue.TakeAsync(worker)).ShouldBeNull();
    }

    [Fact]
    public async Task Those_who_wait_are_told_that_no_more_come()
    {
        var waiting = Enumerable.Range(0, 5).Select(_ => _queue.TakeAsync(new LaneQueue.Worker()).AsTask()).ToArray();
        _queue.Complete();
        (await Task.WhenAll(waiting)).ShouldAllBe(delivery => delivery == null);
    }

    [Fact]
    public async Task With_many_workers_each_delivery_is_taken_once()
    {
        const int Count = 20_000;
        var taken = new int[Count + 1];
        var workers = Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            var worker = new LaneQueue.Worker();
            while (await _queue.TakeAsync(worker) is { } delivery)
            {
                Interlocked.Increment(ref taken[delivery.Tag]);
            }
        })).ToArray();
        for (var tag = 1UL; tag <= Count; tag++)
        {
            Add(tag).ShouldBeTrue();
        }
        await Eventually.TrueAsync(() => taken.Skip(1).All(times => times > 0), "all are taken before it is complete");
        _queue.Complete();
        await Task.WhenAll(workers).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        taken.Skip(1).ShouldAllBe(times => times == 1);
    }

    private bool Add(ulong tag) => _queue.TryAdd(new RabbitDelivery(null!, tag, new BasicProperties(), default));
}
