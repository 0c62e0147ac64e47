using Consumers.Core;

namespace Consumers.Host.Handlers;

/// <summary>Simulated work: <c>{"complexityMs":50}</c> waits that long and succeeds.</summary>
internal sealed class SleepTaskHandler(TimeProvider time) : TaskHandler<SleepPayload>
{
    public const string Type = "sleep";

    public override string TaskType => Type;

    protected override async ValueTask<TaskOutcome> HandleAsync(SleepPayload payload, TaskContext context, CancellationToken cancellationToken)
    {
        if (payload.ComplexityMs is not { } milliseconds || milliseconds is < 0 or > SleepPayload.MaxMilliseconds)
        {
            return TaskOutcome.PermanentFailure($"payload.complexityMs is {payload.ComplexityMs?.ToString() ?? "missing"}, but must be 0 to {SleepPayload.MaxMilliseconds} milliseconds");
        }
        if (milliseconds > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), time, cancellationToken);
        }
        return TaskOutcome.Success();
    }
}

/// <param name="ComplexityMs">Milliseconds, 0 to 3,600,000.</param>
internal sealed record SleepPayload(int? ComplexityMs)
{
    public const int MaxMilliseconds = 3_600_000;
}
