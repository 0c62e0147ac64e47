using System.Text.Json.Serialization.Metadata;
using Consumers.Core;

namespace Consumers.Benchmarks;

/// <summary>Decodes the payload, as every other variant does, and is done, unless the run says otherwise.</summary>
internal sealed class EmptyHandler(Countdown run) : TaskHandler<BenchPayload>
{
    public override string TaskType => BenchTask.TypeName;

    protected override JsonTypeInfo<BenchPayload>? PayloadTypeInfo => BenchJson.Default.BenchPayload;

    protected override ValueTask<TaskOutcome> HandleAsync(BenchPayload payload, TaskContext context, CancellationToken cancellationToken)
    {
        run.Meter.First();
        run.Arrived(context.Id);
        return run.OutcomeAsync(context.Id, cancellationToken);
    }
}
