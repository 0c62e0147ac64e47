using Confluent.Kafka;
using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Doctor;

public sealed class KafkaDoctorTests
{
    private static (string Name, string Value)[] On(KafkaBroker broker, params (string, string)[] more) =>
        [.. broker.Environmental().Select(setting => (setting.Key, setting.Value)), ("Consumers:Kafka:Enabled", "true"), .. more];

    [Fact]
    public async Task Topics_are_counted_and_what_the_brokers_do_not_tell_is_called_unknown()
    {
        using var folder = new TempFolder();
        await using var broker = await KafkaBroker.StartAsync();

        var visit = await Visit.PayAsync(folder, On(broker));

        visit.Status("kafka.connection").ShouldBe("ok");
        visit.ShouldTell("kafka.topics", "ok", " topics, ");
        // Known where a real cluster is: the mock answers neither.
        (visit.Status("kafka.retention") is "unknown" or "ok").ShouldBeTrue();
        (visit.Status("kafka.group") is "unknown" or "ok").ShouldBeTrue();
        visit.ExitCode.ShouldBe(0, visit.Json);

        visit = await Visit.PayAsync(folder, On(broker, ("Consumers:Kafka:Partitions", "9"), ("Consumers:Kafka:StaticMembership", "true")));
        visit.ShouldTell("kafka.topics", "warn", $"'{broker.WorkTopic}' has 2 partitions, 9 are configured");
        visit.Status("kafka.static-membership").ShouldBe("warn");

        visit = await Visit.PayAsync(folder, On(broker, ("Consumers:Kafka:WorkTopic", $"{broker.Prefix}-none"), ("Consumers:Kafka:CreateTopics", "false")));
        visit.ShouldTell("kafka.topics", "fail", $"missing: {broker.Prefix}-none");
    }

    [Fact]
    public async Task Records_that_were_deleted_unread_are_a_gap()
    {
        using var folder = new TempFolder();
        await using var broker = await KafkaBroker.StartAsync();
        var faults = broker.Faults;
        for (var i = 0; i < 5; i++)
        {
            await broker.PublishAsync(TaskMessageCodec.Encode(new TaskMessage { Id = $"t-{i}", Type = "sleep" }), partition: 0);
        }
        using (var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = broker.Servers, GroupId = broker.Group, EnableAutoCommit = false }).Build())
        {
            consumer.Commit([new TopicPartitionOffset(broker.WorkTopic, 0, 1)]);
        }
        faults.DeleteRecords(broker.WorkTopic, 0, 3);

        var visit = await Visit.PayAsync(folder, On(broker));

        visit.ShouldTell("kafka.offsets", "fail", $"{broker.WorkTopic}:0 is committed at 1, and begins at 3");
        visit.ExitCode.ShouldBe(1);
    }
}
