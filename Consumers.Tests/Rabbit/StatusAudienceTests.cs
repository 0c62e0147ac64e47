using System.Collections.Concurrent;
using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;
using RabbitMQ.Client;

namespace Consumers.Tests.Rabbit;

public sealed class StatusAudienceTests
{
    private const string RoutingKey = "task.test.completed";

    private readonly ConcurrentBag<string> _sent = [];

    [Fact]
    public async Task While_nobody_is_bound_a_few_of_many_events_are_sent()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var audience = Audience(rabbit, await rabbit.ReadyModuleAsync());
        await PublishAsync(audience, 0, 2000);
        _sent.Count.ShouldBeInRange(1, 200);
    }

    [Fact]
    public async Task Whoever_is_bound_gets_every_event_once_and_in_order()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var audience = Audience(rabbit, await rabbit.ReadyModuleAsync());
        await PublishAsync(audience, 0, 500);
        var queue = await BindAsync(rabbit);
        await PublishAsync(audience, 500, 1000);
        (await IdsAsync(rabbit, queue, 1000)).ShouldBe(Enumerable.Range(500, 1000).Select(Id));
    }

    [Fact]
    public async Task A_queue_that_is_bound_while_events_are_on_their_way_gets_all_that_were_due_after()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var audience = Audience(rabbit, await rabbit.ReadyModuleAsync());
        for (var round = 0; round < 10; round++)
        {
            var (next, boundAt, stop) = (round * 1_000_000, int.MaxValue, false);
            var publishing = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
            {
                while (!Volatile.Read(ref stop))
                {
                    await audience.PublishAsync(Event(Interlocked.Increment(ref next)), CancellationToken.None);
                }
            })).ToArray();
            await Task.Delay(TimeSpan.FromMilliseconds(20 + round), TimeProvider.System);
            var queue = await BindAsync(rabbit);
            // Whatever begins from here on begins after the broker has answered.
            boundAt = Volatile.Read(ref next) + publishing.Length;
            await Eventually.TrueAsync(() => Volatile.Read(ref next) > boundAt + 100, "events are due after the queue was bound");
            Volatile.Write(ref stop, true);
            await Task.WhenAll(publishing);
            var got = (await IdsAsync(rabbit, queue, next - boundAt)).ToHashSet();
            Enumerable.Range(boundAt + 1, next - boundAt).Where(n => !got.Contains(Id(n))).ShouldBeEmpty($"round {round}");
            await rabbit.Channel.QueueDeleteAsync(queue);
        }
    }

    [Fact]
    public async Task A_queue_that_is_bound_after_the_question_was_routed_gets_what_was_due_before_its_answer()
    {
        Assert.SkipWhen(string.IsNullOrEmpty(RabbitFixture.Url), "no broker: RABBITMQ_URL is not set");
        await using var proxy = AmqpProxy.Start(new Uri(RabbitFixture.Url!));
        await using var rabbit = await RabbitFixture.CreateAsync(options => options.Url = proxy.Url.ToString());
        var audience = Audience(rabbit, await rabbit.ReadyModuleAsync());
        var routed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var goesOn = new ManualResetEventSlim();
        proxy.OnMethod = frame =>
        {
            if (!frame.FromClient && frame.Method == AmqpMethod.BasicReturn && routed.TrySetResult())
            {
                goesOn.Wait(TimeSpan.FromSeconds(20));
            }
            return AmqpVerdict.Forward;
        };
        var question = audience.PublishAsync(Event(0), CancellationToken.None).AsTask();
        await routed.Task.WaitAsync(TimeSpan.FromSeconds(20));

        var queue = await BindAsync(rabbit);
        var due = audience.PublishAsync(Event(1), CancellationToken.None).AsTask();
        goesOn.Set();

        await question;
        await due;
        (await IdsAsync(rabbit, queue, 1)).ShouldBe([Id(1)]);
    }

    [Fact]
    public async Task When_the_last_queue_is_unbound_events_are_no_error_and_few_are_sent_again()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var audience = Audience(rabbit, await rabbit.ReadyModuleAsync());
        var queue = await BindAsync(rabbit);
        await PublishAsync(audience, 0, 100);
        _sent.Count.ShouldBe(100);
        await rabbit.Channel.QueueDeleteAsync(queue);
        await PublishAsync(audience, 100, 100);
        _sent.Clear();
        await PublishAsync(audience, 200, 2000);
        _sent.Count.ShouldBeInRange(1, 200);
    }

    [Fact]
    public async Task Without_a_broker_every_event_fails()
    {
        var options = new RabbitOptions { Url = "amqp://127.0.0.1:1/", PublishWait = TimeSpan.FromMilliseconds(300) };
        await using var module = new RabbitModule(
            "rabbit", "RabbitMQ", options, new ConsumersOptions(), new RetrySchedule(new RetryOptions()), new InstanceIdentity("t", TimeProvider.System), TimeProvider.System, new Random(1),
            Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var publishing = Enumerable.Range(0, 20).Select(n => module.Transport.PublishStatusAsync(Event(n), CancellationToken.None).AsTask()).ToArray();
        foreach (var each in publishing)
        {
            (await Should.ThrowAsync<PublishFailedException>(async () => await each.WaitAsync(TimeSpan.FromSeconds(10)))).Failure.ShouldBe(PublishFailure.Unavailable);
        }
    }

    [Fact]
    public async Task An_event_that_is_given_up_takes_no_other_with_it()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        // Not connected yet: the first event waits, and the others behind it.
        var audience = Audience(rabbit, rabbit.Module());
        using var cancel = new CancellationTokenSource();
        var first = audience.PublishAsync(Event(0), cancel.Token).AsTask();
        var others = PublishAsync(audience, 1, 20);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);
        await others;
    }

    [Fact]
    public async Task Of_more_types_than_are_remembered_every_event_is_sent()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var module = await rabbit.ReadyModuleAsync();
        var queue = await BindAsync(rabbit, "#");
        var types = StatusAnnouncer.MaxAudiences + 100;
        await Task.WhenAll(Enumerable.Range(0, types).Select(n => module.Transport.PublishStatusAsync(Event(n) with { Type = $"type-{n}" }, CancellationToken.None).AsTask()));
        (await IdsAsync(rabbit, queue, types)).Count.ShouldBe(types);
    }

    private StatusAudience Audience(RabbitFixture rabbit, RabbitModule module) => new(module.Publisher, RoutingKey, (status, routingKey) =>
    {
        _sent.Add(status.Id);
        return new OutgoingMessage
        {
            Exchange = rabbit.Options.StatusExchange,
            RoutingKey = routingKey,
            NeedsQueue = false,
            Body = status.ToJson(),
            Properties = new BasicProperties { MessageId = status.Id },
        };
    });

    private static Task PublishAsync(StatusAudience audience, int from, int count) =>
        Task.WhenAll(Enumerable.Range(from, count).Select(n => audience.PublishAsync(Event(n), CancellationToken.None).AsTask()));

    private static async Task<string> BindAsync(RabbitFixture rabbit, string pattern = RoutingKey)
    {
        var queue = await rabbit.Channel.QueueDeclareAsync();
        await rabbit.Channel.QueueBindAsync(queue.QueueName, rabbit.Options.StatusExchange, pattern);
        return queue.QueueName;
    }

    /// <summary>At least as many as are expected; in the order of the queue.</summary>
    private static async Task<List<string>> IdsAsync(RabbitFixture rabbit, string queue, int expected)
    {
        await Eventually.TrueAsync(async () => await rabbit.ReadyAsync(queue) >= expected, $"{expected} events are in {queue}");
        var ids = new List<string>();
        while (await rabbit.Channel.BasicGetAsync(queue, autoAck: true) is { } got)
        {
            ids.Add(got.BasicProperties.MessageId!);
        }
        return ids;
    }

    private static string Id(int n) => $"task-{n}";

    private static StatusEvent Event(int n) => new(Id(n), "test", "COMPLETED", 1, 1, 2, "w", TimeProvider.System.GetUtcNow(), null);
}
