using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Consumers.Core;

/// <summary>
/// The one activity source and the one meter of the fleet, by the semantic conventions that <see cref="SchemaUrl"/> names. Both cost next to nothing while nobody listens.
/// </summary>
public static class TaskTelemetry
{
    public const string Name = "Consumers";

    public const string SchemaUrl = "https://opentelemetry.io/schemas/1.44.0";

    public static readonly ActivitySource Source = new(new ActivitySourceOptions(Name) { Version = InstanceIdentity.Version, TelemetrySchemaUrl = SchemaUrl });

    public static readonly Meter Meter = CreateMeter(null);

    internal static readonly Counter<long> Settled = Meter.CreateCounter<long>("consumers.tasks.settled", "{task}", "Deliveries by what became of them: success, retry, dead, duplicate, parked, handed_back");

    internal static readonly Counter<long> DeadLettered = Meter.CreateCounter<long>("consumers.tasks.dead_lettered", "{task}", "Dead letters by reason");

    internal static readonly Counter<long> Paused = Meter.CreateCounter<long>("consumers.types.paused", "{pause}", "Task types that were paused because most of their attempts failed");

    internal static readonly Counter<long> Reconnects = Meter.CreateCounter<long>("consumers.broker.reconnects", "{connection}", "Connections that were made again after one was lost");

    internal static readonly Counter<long> Consumed = Meter.CreateCounter<long>("messaging.client.consumed.messages", "{message}", "Messages that were delivered to this process");

    internal static readonly Counter<long> Sent = Meter.CreateCounter<long>("messaging.client.sent.messages", "{message}", "Messages that this process sent, confirmed or not");

    internal static readonly Histogram<double> OperationDuration = Seconds("messaging.client.operation.duration", "From sending a message to its confirm", Moments);

    internal static readonly Histogram<double> ProcessDuration = Seconds("messaging.process.duration", "How long handlers ran", Moments);

    internal static readonly Histogram<double> Wait = Seconds("consumers.task.wait", "From when an attempt was due to its begin", Waits);

    internal static readonly Histogram<double> Age = Seconds("consumers.task.age", "From a task's creation to its end, retries and all", Waits);

    /// <summary>The conventions' own, and three for tasks that run for minutes.</summary>
    private static double[] Moments => [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300];

    private static double[] Waits => [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

    /// <summary>A meter of the same name for gauges that end with their owner.</summary>
    /// <param name="scope">The owner: an exporter of another one leaves them out.</param>
    public static Meter CreateMeter(object? scope) => new(new MeterOptions(Name) { Version = InstanceIdentity.Version, TelemetrySchemaUrl = SchemaUrl, Scope = scope });

    /// <summary>A part of an attempt, under the span that is current; null while nobody records that.</summary>
    internal static Activity? Step(string name) => Activity.Current is { IsAllDataRequested: true } ? Source.StartActivity(name) : null;

    private static Histogram<double> Seconds(string name, string description, double[] boundaries) =>
        Meter.CreateHistogram(name, "s", description, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = boundaries });
}
