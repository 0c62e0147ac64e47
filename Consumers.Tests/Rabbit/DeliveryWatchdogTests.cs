using Consumers.Core;
using Consumers.Rabbit;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;

namespace Consumers.Tests.Rabbit;

public sealed class DeliveryWatchdogTests
{
    [Fact]
    public async Task Messages_that_are_ready_while_nothing_is_delivered_are_noticed()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var module = await rabbit.ReadyModuleAsync();
        await using var connection = await new ConnectionFactory { Uri = new Uri(rabbit.Options.Url), AutomaticRecoveryEnabled = false }.CreateConnectionAsync();
        var session = new RabbitSession(connection, () => { }, _ => { });
        var slots = new ElasticConcurrency(1, 1, TimeProvider.System);
        var work = new LaneWork(rabbit.Options.WorkQueue, "watched", module.TaskPublisher, _ => ValueTask.CompletedTask, _ => ValueTask.CompletedTask, () => false, slots, 1, rabbit.Options.HeldBytes, module.MaxBodyBytes, module.HandlerLimit, TimeProvider.System, CancellationToken.None);
        var lane = await RabbitLane.OpenAsync(session, 0, 2, work, NullLogger.Instance);
        var watchdog = new DeliveryWatchdog(module.Probe, slots, TimeSpan.FromMilliseconds(200), TimeProvider.System);
        // Open, with free slots, and forgotten by the broker.
        await lane.StopTakingAsync(CancellationToken.None);

        await Fixtures.Eventually.TrueAsync(() => TimeProvider.System.GetElapsedTime(lane.LastDeliveredAt) > TimeSpan.FromMilliseconds(300), "it is quiet for a while");
        (await watchdog.StalledAsync(connection, [lane], CancellationToken.None)).ShouldBeNull("an empty queue has nothing to deliver");
        await rabbit.PublishRawAsync("{}"u8.ToArray());

        long? stalled = null;
        await Fixtures.Eventually.TrueAsync(async () => (stalled = await watchdog.StalledAsync(connection, [lane], CancellationToken.None)) is not null, "the stall is noticed");
        stalled.ShouldBe(1);
        await lane.FlushAsync(CancellationToken.None);
        await lane.Workers;
    }
}
