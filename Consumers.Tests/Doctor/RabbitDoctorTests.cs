using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;
using Consumers.Tests.Rabbit;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Consumers.Tests.Doctor;

public sealed class RabbitDoctorTests
{
    private static (string Name, string Value)[] On(RabbitBroker broker) => [("Consumers:Rabbit:Enabled", "true"), .. broker.Environmental().Select(setting => (setting.Key, setting.Value))];

    [Fact]
    public async Task A_broker_without_our_queues_is_well_and_stays_without_them()
    {
        using var folder = new TempFolder();
        await using var broker = await RabbitBroker.ConnectAsync();
        // The two exchanges that the test's own reader has made would be half a topology.
        await broker.DeleteExchangeAsync("dead-exchange");
        await broker.DeleteExchangeAsync("status");

        var visit = await Visit.PayAsync(folder, On(broker));

        visit.ShouldTell("rabbit.topology", "ok", "nothing is declared yet");
        visit.ShouldTell("rabbit.version", "ok", "RabbitMQ ");
        visit.ShouldTell("rabbit.alarms", "ok", "no alarms");
        visit.Status("rabbit.consumer-timeout").ShouldBe("unknown");
        visit.ExitCode.ShouldBe(0);
        (await Should.ThrowAsync<OperationInterruptedException>(broker.ReadyAsync(broker.WorkQueue))).ShutdownReason!.ReplyCode.ShouldBe((ushort)404);
    }

    [Theory]
    [InlineData("classic", null, "another type")]
    [InlineData("quorum", 7, "'x-delivery-limit'")]
    public async Task A_queue_that_differs_is_named_and_left_alone(string type, int? limit, string text)
    {
        using var folder = new TempFolder();
        await using var broker = await RabbitBroker.ConnectAsync();
        await DeclareAsync(broker, type, limit);

        var visit = await Visit.PayAsync(folder, On(broker));

        visit.ExitCode.ShouldBe(1);
        visit.ShouldTell("rabbit.topology", "fail", text);
        visit.Told("rabbit.topology").ShouldContain(broker.WorkQueue);
        (await broker.ReadyAsync(broker.WorkQueue)).ShouldBe(0);
    }

    [Fact]
    public async Task What_the_module_declares_is_found_as_declared_and_what_waits_without_a_consumer_is_told()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        await rabbit.ReadyModuleAsync();
        await rabbit.PublishRawAsync("{}"u8.ToArray());
        var module = rabbit.Module();
        var findings = new Findings("rabbit", TimeProvider.System);

        await new RabbitCheckup(module).LookAsync(findings, deep: false, TestContext.Current.CancellationToken);

        var all = findings.Close().ToDictionary(finding => finding.Id);
        all["rabbit.topology"].Text.ShouldContain("delivery limit 20, at-least-once");
        all["rabbit.topology"].Verdict.ShouldBe(Verdict.Ok);
        all["rabbit.consumers"].Verdict.ShouldBe(Verdict.Warn);
        all["rabbit.consumers"].Text.ShouldContain("1 tasks wait");
    }

    [Fact]
    public async Task What_goes_missing_between_two_looks_is_not_made()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var topology = new RabbitTopology(rabbit.Names, rabbit.Options, new RetrySchedule(new RetryOptions()), NullLogger.Instance);
        await using var connection = await new ConnectionFactory { Uri = new Uri(RabbitFixture.Url!) }.CreateConnectionAsync(TestContext.Current.CancellationToken);
        await using var look = new TopologyLook(connection, topology);

        foreach (var (queue, arguments) in topology.Queues())
        {
            await look.CompareQueueAsync(queue, arguments, TestContext.Current.CancellationToken);
        }
        foreach (var (exchange, type) in topology.Exchanges())
        {
            await look.CompareExchangeAsync(exchange, type, TestContext.Current.CancellationToken);
        }
        await look.CompareQueueAsync(rabbit.Options.WorkQueue, new() { ["x-queue-type"] = "classic" }, TestContext.Current.CancellationToken);

        var sight = await look.LookAsync(TestContext.Current.CancellationToken);
        sight.Missing.Count.ShouldBe(sight.Count);
    }

    [Fact]
    public async Task Wrong_credentials_are_a_failure_and_are_not_shown()
    {
        using var folder = new TempFolder();
        await using var broker = await RabbitBroker.ConnectAsync();
        var url = new UriBuilder(broker.Url) { Password = "canary-7f3a" }.Uri.OriginalString;

        var visit = await Visit.PayAsync(folder, [.. On(broker), ("RABBITMQ_URL", url)]);

        visit.ShouldTell("rabbit.connection", "fail", "refused the user name or password");
        visit.ExitCode.ShouldBe(1);
        (visit.Json + visit.Text).ShouldNotContain("canary");
    }

    private static async Task DeclareAsync(RabbitBroker broker, string type, int? limit)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(broker.Url) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        var arguments = new Dictionary<string, object?> { ["x-queue-type"] = type, ["x-dead-letter-exchange"] = $"{broker.Prefix}-dead-exchange" };
        if (limit is { } most)
        {
            (arguments["x-delivery-limit"], arguments["x-dead-letter-strategy"], arguments["x-overflow"]) = (most, "at-least-once", "reject-publish");
        }
        await channel.QueueDeclareAsync(broker.WorkQueue, durable: true, exclusive: false, autoDelete: false, arguments);
    }
}
