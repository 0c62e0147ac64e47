using System.Text;
using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;
using RabbitMQ.Client;

namespace Consumers.Tests.Rabbit;

public sealed class RabbitPublisherTests
{
    [Fact]
    public async Task A_task_arrives_persistent_with_its_id_and_a_trace()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var message = RabbitFixture.Task();
        await rabbit.Module().Transport.PublishAsync(message, CancellationToken.None);
        var got = await rabbit.GetAsync(rabbit.Options.WorkQueue);
        got.BasicProperties.Persistent.ShouldBeTrue();
        got.BasicProperties.MessageId.ShouldBe(message.Id);
        got.BasicProperties.ContentType.ShouldBe("application/json");
        Encoding.UTF8.GetString((byte[])got.BasicProperties.Headers![TaskHeaders.TraceParent]!).ShouldMatch("^00-[0-9a-f]{32}-[0-9a-f]{16}-00$");
        TaskMessageCodec.Decode(got.Body.ToArray(), null, 5, out _)!.Id.ShouldBe(message.Id);
    }

    [Fact]
    public async Task Ten_thousand_at_once_are_each_confirmed()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var transport = rabbit.Module().Transport;
        await Task.WhenAll(Enumerable.Range(0, 10_000).Select(_ => transport.PublishAsync(RabbitFixture.Task(), CancellationToken.None).AsTask()));
        await Eventually.TrueAsync(async () => await rabbit.ReadyAsync(rabbit.Options.WorkQueue) == 10_000, "10,000 messages are ready");
    }

    [Fact]
    public async Task A_full_queue_refuses()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var module = await rabbit.ReadyModuleAsync();
        var full = $"{rabbit.Options.WorkQueue}.full";
        await rabbit.Channel.QueueDeclareAsync(full, durable: true, exclusive: true, autoDelete: false, new Dictionary<string, object?> { ["x-max-length"] = 1, ["x-overflow"] = "reject-publish" });
        await PublishAsync(module, full);
        var failure = await Should.ThrowAsync<PublishFailedException>(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await PublishAsync(module, full);
            }
        });
        failure.Failure.ShouldBe(PublishFailure.Refused);
        failure.Message.ShouldContain(full);
    }

    [Fact]
    public async Task A_message_that_no_queue_wants_is_an_error()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var module = await rabbit.ReadyModuleAsync();
        var publishing = Enumerable.Range(0, 50).Select(i => PublishAsync(module, i % 2 == 0 ? rabbit.Options.WorkQueue : $"nowhere-{rabbit.Options.WorkQueue}").AsTask()).ToArray();
        for (var i = 0; i < publishing.Length; i++)
        {
            if (i % 2 == 0)
            {
                await publishing[i];
            }
            else
            {
                (await Should.ThrowAsync<PublishFailedException>(publishing[i])).Failure.ShouldBe(PublishFailure.Unroutable);
            }
        }
    }

    [Fact]
    public async Task A_status_event_needs_no_subscriber()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var status = new StatusEvent("id", "a.b", "COMPLETED", 1, 1, 2, "w", TimeProvider.System.GetUtcNow(), null);
        var module = rabbit.Module();
        await module.Transport.PublishStatusAsync(status, CancellationToken.None);
        var queue = await rabbit.Channel.QueueDeclareAsync();
        await rabbit.Channel.QueueBindAsync(queue.QueueName, rabbit.Options.StatusExchange, "task.*.completed");
        await module.Transport.PublishStatusAsync(status, CancellationToken.None);
        (await rabbit.GetAsync(queue.QueueName)).RoutingKey.ShouldBe("task.a-b.completed");
    }

    [Fact]
    public async Task A_body_over_the_cap_is_refused_before_the_wire()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var message = RabbitFixture.Task() with { Payload = Encoding.UTF8.GetBytes($"\"{new string('x', 1024 * 1024)}\"") };
        var failure = await Should.ThrowAsync<PublishFailedException>(async () => await rabbit.Module().Transport.PublishAsync(message, CancellationToken.None));
        failure.Failure.ShouldBe(PublishFailure.Refused);
        failure.Message.ShouldContain("Consumers:MaxBodyBytes");
    }

    [Fact]
    public async Task Without_a_broker_a_publish_fails_in_time_and_says_where_it_tried()
    {
        var options = new RabbitOptions { Url = "amqp://user:secret@127.0.0.1:1/", PublishWait = TimeSpan.FromMilliseconds(300) };
        await using var module = new RabbitModule("rabbit", "RabbitMQ", options, new ConsumersOptions(), new RetrySchedule(new RetryOptions()), new InstanceIdentity("t", TimeProvider.System), TimeProvider.System, new Random(1), Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var failure = await Should.ThrowAsync<PublishFailedException>(async () => await module.Transport.PublishAsync(RabbitFixture.Task(), CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(5)));
        failure.Failure.ShouldBe(PublishFailure.Unavailable);
        failure.Message.ShouldContain("amqp://user@127.0.0.1:1/");
        failure.Message.ShouldNotContain("secret");
        var snapshot = await module.Transport.SnapshotAsync(CancellationToken.None);
        snapshot.Connection.Health.ShouldBe(DependencyHealth.Down);
        snapshot.Queues.ShouldAllBe(queue => queue.Ready == null);
    }

    [Fact]
    public async Task A_publish_can_be_given_up_by_its_caller()
    {
        var options = new RabbitOptions { Url = "amqp://guest:guest@127.0.0.1:1/" };
        await using var module = new RabbitModule("rabbit", "RabbitMQ", options, new ConsumersOptions(), new RetrySchedule(new RetryOptions()), new InstanceIdentity("t", TimeProvider.System), TimeProvider.System, new Random(1), Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        using var cancel = new CancellationTokenSource();
        var publishing = module.Transport.PublishAsync(RabbitFixture.Task(), cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(publishing);
    }

    private static ValueTask PublishAsync(RabbitModule module, string queue) => module.Publisher.PublishAsync(
        new OutgoingMessage { Exchange = "", RoutingKey = queue, Properties = new BasicProperties { MessageId = "m" }, Body = "{}"u8.ToArray() },
        CancellationToken.None);
}
