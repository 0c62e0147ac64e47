using Consumers.Core;
using Consumers.Rabbit;
using RabbitMQ.Client.Exceptions;

namespace Consumers.Tests.Rabbit;

public sealed class RabbitTopologyTests
{
    [Fact]
    public async Task Declaring_twice_changes_nothing()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        await rabbit.ReadyModuleAsync();
        await rabbit.ReadyModuleAsync();
        (await rabbit.ReadyAsync(rabbit.Names.RetryQueue(TimeSpan.FromMilliseconds(100)))).ShouldBe(0u);
    }

    [Fact]
    public async Task A_retry_queue_keeps_its_messages_until_the_work_queue_has_them_and_is_never_deleted_for_being_idle()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        await rabbit.ReadyModuleAsync();
        var arguments = new Dictionary<string, object?>
        {
            ["x-queue-type"] = "quorum",
            ["x-message-ttl"] = 120L,
            ["x-dead-letter-exchange"] = rabbit.Options.Exchange,
            ["x-dead-letter-routing-key"] = rabbit.Options.WorkQueue,
            ["x-dead-letter-strategy"] = "at-least-once",
            ["x-overflow"] = "reject-publish",
        };
        var queue = rabbit.Names.RetryQueue(TimeSpan.FromMilliseconds(100));

        // The broker refuses a declaration that differs in any of these, and one without x-expires when the queue has it.
        await rabbit.Channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments);

        arguments["x-expires"] = 60_000L;
        await Should.ThrowAsync<OperationInterruptedException>(rabbit.Channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments));
    }

    [Fact]
    public async Task A_queue_that_differs_is_named_with_its_argument_and_left_alone()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        await rabbit.Channel.QueueDeclareAsync(rabbit.Options.WorkQueue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "classic" });
        await rabbit.PublishRawAsync("{}"u8.ToArray());
        var mismatch = await Should.ThrowAsync<TopologyMismatchException>(rabbit.ReadyModuleAsync());
        mismatch.Message.ShouldContain($"queue '{rabbit.Options.WorkQueue}'");
        mismatch.Message.ShouldContain("x-");
        (await rabbit.ReadyAsync(rabbit.Options.WorkQueue)).ShouldBe(1u);
    }

    [Fact]
    public async Task A_mismatch_is_shown_as_down_and_a_publish_says_why()
    {
        await using var rabbit = await RabbitFixture.CreateAsync(options => options.PublishWait = TimeSpan.FromSeconds(2));
        await rabbit.Channel.ExchangeDeclareAsync(rabbit.Options.Exchange, "topic", durable: true, autoDelete: false);
        var module = rabbit.Module();
        var failure = await Should.ThrowAsync<PublishFailedException>(async () => await module.Transport.PublishAsync(RabbitFixture.Task(), CancellationToken.None));
        failure.Message.ShouldContain($"exchange '{rabbit.Options.Exchange}' differs in 'type'");
        module.Health.State.Health.ShouldBe(DependencyHealth.Down);
    }

    [Theory]
    [InlineData("PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue 'task-retry-queue.1s' in vhost '/': received the value '1200' of type 'signedint' but current is the value '1000' of type 'signedint'", "queue 'task-retry-queue.1s' differs in 'x-message-ttl'")]
    [InlineData("PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q' in vhost '/': received 'true' but current is 'false'", "queue 'q' differs in 'durable': wanted 'true', the broker has 'false'")]
    [InlineData("PRECONDITION_FAILED - something new", "queue 'x' differs from what is wanted: PRECONDITION_FAILED - something new")]
    public void The_brokers_text_is_told_in_ours(string text, string told) =>
        TopologyMismatchException.From("queue 'x'", text).Message.ShouldStartWith(told);

    [Theory]
    [InlineData(1000, 1000, 1001)]
    [InlineData(1199.2, 1000, 1200)]
    [InlineData(5000, 1000, 1001)]
    [InlineData(0, 1000, 1)]
    [InlineData(0.1, 10, 2)]
    [InlineData(11.5, 10, 12)]
    public void A_retry_waits_in_whole_milliseconds_never_none_and_never_longer_than_its_queue(double wait, int tier, long expected) =>
        RetryTtl.OfMessage(TimeSpan.FromMilliseconds(wait), TimeSpan.FromMilliseconds(tier)).ShouldBe(expected);
}
