using System.Collections.Concurrent;
using Consumers.Core;

namespace Consumers.Tests.Fixtures;

/// <summary>One handler for all tests: the payload says what each attempt does, the last step repeated when there are more attempts.</summary>
public sealed class ScriptedHandler(ScriptLog log, TimeProvider time) : TaskHandler<Script>
{
    public override string TaskType => "scripted";

    protected override async ValueTask<TaskOutcome> HandleAsync(Script payload, TaskContext context, CancellationToken cancellationToken)
    {
        log.Began(context, time.GetUtcNow());
        var step = payload.Steps[Math.Min(context.Attempt, payload.Steps.Length) - 1];
        switch (step)
        {
            case "ok":
                return TaskOutcome.Success();
            case "retry":
                return TaskOutcome.RetryableFailure("scripted retry");
            case "fail":
                return TaskOutcome.PermanentFailure("scripted failure");
            case "throw":
                throw new InvalidOperationException("scripted exception");
            case "throw-permanent":
                throw new NotSupportedException("scripted permanent exception");
            case "null":
                return null!;
            case "wait":
                await log.Gate.Task.WaitAsync(cancellationToken);
                return TaskOutcome.Success();
            case "ignore-cancellation":
                await log.Gate.Task;
                return TaskOutcome.Success();
            case "block":
                log.Gate.Task.Wait(CancellationToken.None);
                return TaskOutcome.Success();
            case var after when after.StartsWith("after:", StringComparison.Ordinal):
                return TaskOutcome.RetryableFailure("scripted wait", TimeSpan.FromMilliseconds(int.Parse(after[6..], System.Globalization.CultureInfo.InvariantCulture)));
            default:
                throw new ArgumentException($"no such step: {step}");
        }
    }
}

public sealed record Script(string[] Steps);

/// <summary>What the handler saw: the effects, outside the ledger and the broker.</summary>
public sealed class ScriptLog
{
    private readonly ConcurrentQueue<Effect> _effects = new();

    /// <summary>What <c>wait</c> waits for.</summary>
    public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<Effect> Effects => [.. _effects];

    public IReadOnlyList<Effect> Of(string id) => [.. _effects.Where(effect => effect.Id == id)];

    internal void Began(TaskContext context, DateTimeOffset at) => _effects.Enqueue(new(context.Id, context.Series, context.Attempt, at));
}

public sealed record Effect(string Id, int Series, int Attempt, DateTimeOffset At);
