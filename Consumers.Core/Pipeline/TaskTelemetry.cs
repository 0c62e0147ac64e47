using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Consumers.Core;

/// <summary>The one activity source and the one meter of the fleet (OpenTelemetry messaging conventions). Both cost nothing while nobody listens.</summary>
public static class TaskTelemetry
{
    public const string Name = "Consumers";

    internal static readonly ActivitySource Source = new(Name, InstanceIdentity.Version);
    internal static readonly Meter Meter = new(Name, InstanceIdentity.Version);

    internal static readonly Counter<long> Settled = Meter.CreateCounter<long>("consumers.tasks.settled", "{task}", "Deliveries by what became of them");

    internal static readonly Counter<long> Paused = Meter.CreateCounter<long>("consumers.types.paused", "{pause}", "Task types that were paused because most of their attempts failed");

    internal static readonly Histogram<double> ProcessDuration = Meter.CreateHistogram(
        "messaging.process.duration", "s", "How long handlers ran",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300] });

    internal static Activity? StartProcess(TaskContext context)
    {
        if (!Source.HasListeners())
        {
            return null;
        }
        ActivityContext.TryParse(context.TraceParent, null, isRemote: true, out var parent);
        var span = Source.StartActivity($"process {context.Origin}", ActivityKind.Consumer, parent);
        span?.SetTag("messaging.operation.name", "process").SetTag("messaging.operation.type", "process")
            .SetTag("messaging.destination.name", context.Origin).SetTag("messaging.message.id", context.Id)
            .SetTag("messaging.client.id", context.WorkerId).SetTag("consumers.module", context.Module)
            .SetTag("consumers.task.type", context.Type).SetTag("consumers.task.attempt", context.Attempt);
        return span;
    }
}
