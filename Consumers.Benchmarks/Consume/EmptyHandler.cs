using System.Text.Json.Serialization.Metadata;
using Consumers.Core;

namespace Consumers.Benchmarks;

/// <summary>Decodes the payload, as every other variant does, and is done.</summary>
internal sealed class EmptyHandler(Countdown run) : TaskHandler<BenchPayload>
{
    private static readonly ValueTask<TaskOutcome> Done = new(TaskOutcome.Success());

    public override string TaskType => BenchTask.TypeName;

    protected override JsonTypeInfo<BenchPayload>? PayloadTypeInfo => BenchJson.Default.BenchPayload;

    protected override ValueTask<TaskOutcome> HandleAsync(BenchPayload payload, TaskContext context, CancellationToken cancellationToken)
    {
        run.Meter.First();
        run.Arrived(context.Id);
        return Done;
    }
}
