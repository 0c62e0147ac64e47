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
    public async Task A_cut_among_the_confirms_of_a_batch_leaves_each_message_its_own_verdict_and_the_rest_can_be_sent_again()
    {
        Assert.SkipWhen(string.IsNullOrEmpty(RabbitFixture.Url), "no broker: RABBITMQ_URL is not set");
        await using var proxy = AmqpProxy.Start(new Uri(RabbitFixture.Url!));
        await using var rabbit = await RabbitFixture.CreateAsync(options => options.Url = proxy.Url.ToString());
        var module = await rabbit.ReadyModuleAsync();
        var tasks = Enumerable.Range(0, 50).Select(_ => RabbitFixture.Task()).ToArray();
        var cuts = 0;
        (await FailedAsync(module, tasks[..10])).ShouldBeEmpty();
        proxy.OnMethod = frame => !frame.FromClient && frame.Method == AmqpMethod.BasicAck && Interlocked.Increment(ref cuts) == 1 ? AmqpVerdict.CutBefore : AmqpVerdict.Forward;

        var failed = await FailedAsync(module, tasks[10..]);

        failed.ShouldNotBeEmpty("their confirms were cut off");
        (await FailedAsync(module, failed)).ShouldBeEmpty();
        // Some are there twice, under one id: that they were not confirmed does not say that they did not arrive.
        var seen = new HashSet<string>();
        for (var ready = await rabbit.ReadyAsync(rabbit.Options.WorkQueue); ready > 0; ready--)
        {
            seen.Add((await rabbit.GetAsync(rabbit.Options.WorkQueue)).BasicProperties.MessageId!);
        }
        seen.ShouldBe(tasks.Select(task => task.Id), ignoreOrder: true);
    }

    private static async Task<TaskMessage[]> FailedAsync(RabbitModule module, TaskMessage[] tasks)
    {
        var failed = await Task.WhenAll(tasks.Select(async task =>
        {
            try
            {
                await module.Transport.PublishAsync(task, CancellationToken.None);
                return null;
            }
            catch (PublishFailedException e) when (e.Failure == PublishFailure.Unavailable)
            {
                return task;
            }
        }));
        return [.. failed.OfType<TaskMessage>()];
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
