using System.Text;
using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Hostile;

/// <summary>A header that the client cannot read closes every connection on which it is delivered.</summary>
public sealed class UnreadableHeaderTests
{
    [Fact]
    public async Task Only_the_guilty_message_is_dead_lettered_by_the_broker_and_the_good_ones_beside_it_are_done()
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var fleet = await TestFleet.StartAsync(builder => builder.AddRabbit(broker.Configure), options => options.DeadLetters.Archive = false);
        // This test reads with the same client, and would lose its connection as well.
        await broker.StopReadingDeadLettersAsync();
        await using var raw = await RawPublisher.ConnectAsync(broker);
        var good = Enumerable.Range(0, 60).Select(_ => TestFleet.Task("ok")).ToArray();
        // A decimal may have a scale of 28 here, and any in a frame.
        var guilty = new HostileMessage("unreadable", "guilty"u8.ToArray(), new RawProperties { Headers = new AmqpFields().Fixed("x-price", 'D', 200, 0, 0, 0, 1) }, null, null);

        await raw.PublishAsync(broker.WorkQueue, [.. good[..30].Select(Message), guilty, .. good[30..].Select(Message)]);

        foreach (var task in good)
        {
            await fleet.ReachesAsync(task.Id, TaskState.Completed);
            fleet.Log.Of(task.Id).Count.ShouldBe(1);
        }
        await Eventually.TrueAsync(async () => await broker.ReadyAsync($"{broker.Prefix}-dead") == 1, "the broker has dead-lettered the guilty message", TimeSpan.FromSeconds(60));
        (await broker.ReadyAsync(broker.WorkQueue)).ShouldBe(0);
        var after = TestFleet.Task("ok");
        await raw.PublishAsync(broker.WorkQueue, [Message(after)]);
        await fleet.ReachesAsync(after.Id, TaskState.Completed);
        (await broker.ReadyAsync($"{broker.Prefix}-dead")).ShouldBe(1, "none of the good ones is beside it");
    }

    private static HostileMessage Message(TaskMessage task) =>
        new("good", TaskMessageCodec.Encode(task), new RawProperties { MessageId = Encoding.ASCII.GetBytes(task.Id) }, null, task.Id);
}
