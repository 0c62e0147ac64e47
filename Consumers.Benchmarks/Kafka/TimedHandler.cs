using System.Text.Json.Serialization.Metadata;
using Consumers.Core;

namespace Consumers.Benchmarks;

/// <summary>Decodes the payload, takes the time that all variants' handlers take, and is done.</summary>
internal sealed class TimedHandler(Countdown run, KafkaWork work) : TaskHandler<BenchPayload>
{
    private static readonly ValueTask<TaskOutcome> Done = new(TaskOutcome.Success());

    public override string TaskType => BenchTask.TypeName;

    protected override JsonTypeInfo<BenchPayload>? PayloadTypeInfo => BenchJson.Default.BenchPayload;

    protected override ValueTask<TaskOutcome> HandleAsync(BenchPayload payload, TaskContext context, CancellationToken cancellationToken)
    {
        run.Meter.First();
        var handled = work.HandleAsync(cancellationToken);
        return handled.IsCompletedSuccessfully ? Done : EndAsync(handled);
    }

    private static async ValueTask<TaskOutcome> EndAsync(ValueTask handled)
    {
        await handled;
        return TaskOutcome.Success();
    }
}
