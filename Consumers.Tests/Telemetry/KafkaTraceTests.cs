using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Telemetry;

public sealed class KafkaTraceTests
{
    [Fact]
    public async Task Over_kafka_and_over_grpc_a_task_is_one_trace_from_its_producer_to_the_dead_letter()
    {
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        const string Created = "00f067aa0ba902b7";
        await using var collector = await OtlpReceiver.StartAsync();
        await using var broker = await KafkaBroker.StartAsync();
        using var folder = new TempFolder();
        await using var host = await HostProcess.StartAsync("tracer", [.. broker.Environmental(), .. collector.Environment("grpc"), new("OTEL_BSP_SCHEDULE_DELAY", "60000")], folder);
        var at = await broker.PublishAsync(
            """{"id":"dies","type":"flaky","payload":{"mode":"retryable"},"maxRetries":1}"""u8.ToArray(), "customer-1", new Dictionary<string, string> { ["traceparent"] = $"00-{Trace}-{Created}-01" });
        await Eventually.TrueAsync(async () => (await broker.DeadLettersAsync()).Count == 1, "the dead letter is there");

        (await host.TerminateAsync()).ShouldBe(0);

        (await broker.DeadLettersAsync())[0].Headers["traceparent"].ShouldBe($"00-{Trace}-{Created}-01");
        collector.Requests.ShouldContain("/opentelemetry.proto.collector.trace.v1.TraceService/Export red");
        var spans = collector.Spans.Where(span => span.TraceId == Trace).ToArray();
        var first = spans.Single(span => span.Name == $"process {broker.WorkTopic}");
        (first.Kind, first.Parent, first.Status, first["consumers.task.outcome"], first["messaging.system"]).ShouldBe((5, Created, 2, "retry", "kafka"));
        (first["messaging.destination.partition.id"], first["messaging.kafka.offset"], first["messaging.kafka.message.key"]).ShouldBe(($"{at.Partition.Value}", $"{at.Offset.Value}", "customer-1"));
        var retry = spans.Single(span => span.Name == $"send {broker.RetryPrefix}-100ms");
        (retry.Kind, retry.Parent, retry.Links.Single()).ShouldBe((3, first.Id, (Trace, Created)));
        var second = spans.Single(span => span.Name == $"process {broker.RetryPrefix}-100ms");
        (second.Parent, second["consumers.task.attempt"], second["consumers.task.outcome"], second["consumers.dead.reason"]).ShouldBe((Created, "2", "dead", "exhausted"));
        var dead = spans.Single(span => span.Name == $"send {broker.DeadLetterTopic}");
        (dead.Kind, dead.Parent).ShouldBe((3, second.Id));
        spans.Count(span => span.Name.StartsWith("ledger", StringComparison.Ordinal)).ShouldBe(4);
    }
}
