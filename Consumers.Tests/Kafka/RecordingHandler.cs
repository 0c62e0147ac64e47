using System.Collections.Concurrent;
using Consumers.Core;

namespace Consumers.Tests.Kafka;

/// <summary>Takes a random while for each attempt, fails some first attempts, and remembers who began and ended when.</summary>
public sealed class RecordingHandler(Recording recording, TimeProvider time) : TaskHandler<RecordingPayload>
{
    public const string Type = "recorded";

    public override string TaskType => Type;

    protected override async ValueTask<TaskOutcome> HandleAsync(RecordingPayload payload, TaskContext context, CancellationToken cancellationToken)
    {
        recording.Add(new(context.Key, payload.Number, context.Attempt, IsBegin: true, context.WorkerId));
        if (payload.DelayMs > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(payload.DelayMs), time, cancellationToken);
        }
        recording.Add(new(context.Key, payload.Number, context.Attempt, IsBegin: false, context.WorkerId));
        return payload.FailsFirst && context.Attempt == 1 ? TaskOutcome.RetryableFailure("recorded failure") : TaskOutcome.Success();
    }
}

public sealed record RecordingPayload(int Number, int DelayMs, bool FailsFirst);

public sealed record Recorded(string? Key, int Number, int Attempt, bool IsBegin, string Worker);

public sealed class Recording
{
    private readonly ConcurrentQueue<Recorded> _all = new();

    public IReadOnlyList<Recorded> All => [.. _all];

    public void Add(Recorded recorded) => _all.Enqueue(recorded);
}
