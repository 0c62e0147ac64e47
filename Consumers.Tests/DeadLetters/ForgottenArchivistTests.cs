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
