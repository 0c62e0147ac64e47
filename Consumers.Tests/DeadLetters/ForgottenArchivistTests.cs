using System.Collections.Concurrent;
using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.DeadLetters;

public sealed class ForgottenArchivistTests
{
    [Fact]
    public async Task An_archivist_whose_queue_was_deleted_and_who_never_heard_of_it_is_found_and_goes_on()
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var proxy = AmqpProxy.Start(new Uri(broker.Url));
        var kept = 0;
        proxy.OnMethod = frame =>
        {
            if (frame.FromClient || frame.Method != AmqpMethod.BasicCancel)
            {
                return AmqpVerdict.Forward;
            }
            Interlocked.Increment(ref kept);
            return AmqpVerdict.Swallow;
        };
        await using var fleet = await TestFleet.StartAsync(
            consumers => consumers.AddRabbit(options =>
            {
                broker.Configure(options);
                options.Url = proxy.Url.ToString();
                options.StalledAfter = TimeSpan.FromSeconds(2);
            }),
            null, null, "test-1");
        await broker.UntilDeclaredAsync();
        await broker.StopReadingDeadLettersAsync();
        await PublishAsync(broker, 1);
        await ArchivedAsync(fleet, 1);
        await Eventually.TrueAsync(async () => await broker.ReadyAsync($"{broker.Prefix}-dead") == 0, "the dead-letter queue is empty");
        // The prefetch is fitted after a quiet second, by a new subscription.
        await Task.Delay(TimeSpan.FromSeconds(1.5), TimeProvider.System, TestContext.Current.CancellationToken);

        await broker.DeleteQueueAsync("dead");
        await PublishAsync(broker, 5);

        await ArchivedAsync(fleet, 6);
        kept.ShouldBeGreaterThan(0, "it was not told");
    }

    /// <summary>Two on one channel are what the broker confuses when the queue is made anew between them.</summary>
    [Fact]
    public async Task Each_subscription_of_the_archivist_has_a_channel_of_its_own_and_the_one_before_is_closed()
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var proxy = AmqpProxy.Start(new Uri(broker.Url));
        var steps = new ConcurrentQueue<(int Connection, int Channel, bool Begins)>();
        proxy.OnMethod = frame =>
        {
            var begins = frame.Method == AmqpMethod.BasicConsume && frame.Bytes.AsSpan().IndexOf(".archivist."u8) > 0;
            if (frame.FromClient && (begins || frame.Method == AmqpMethod.ChannelClose))
            {
                steps.Enqueue((frame.Connection, frame.Channel, begins));
            }
            return AmqpVerdict.Forward;
        };
        await using var fleet = await TestFleet.StartAsync(
            consumers => consumers.AddRabbit(options =>
            {
                broker.Configure(options);
                options.Url = proxy.Url.ToString();
            }),
            null, null, "test-1");
        await broker.UntilDeclaredAsync();

        await PublishAsync(broker, 100);
        await ArchivedAsync(fleet, 100);

        // Twice as many at once after each full batch, and two again after a quiet second.
        await Eventually.TrueAsync(() => steps.Count(step => step.Begins) >= 3, "the prefetch grew and fell");
        var begun = steps.First(step => step.Begins);
        var isOpen = false;
        foreach (var step in steps.Where(step => (step.Connection, step.Channel) == (begun.Connection, begun.Channel)))
        {
            (step.Begins && isOpen).ShouldBeFalse("a subscription began on a channel that has had one");
            isOpen = step.Begins;
        }
    }

    private static async Task PublishAsync(RabbitBroker broker, int count)
    {
        foreach (var task in Enumerable.Range(0, count).Select(_ => TestFleet.Task("fail")))
        {
            await broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id);
        }
    }

    private static async Task ArchivedAsync(TestFleet fleet, int count)
    {
        var archive = fleet.Services.GetRequiredService<IDeadLetterArchive>();
        var seen = 0;
        await Eventually.TrueAsync(async () => (seen = (await archive.AllAsync()).Count) == count, () => $"{count} are archived; there are {seen}");
    }
}
