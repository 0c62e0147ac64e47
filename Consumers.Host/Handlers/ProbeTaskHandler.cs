using Consumers.Core;

namespace Consumers.Host.Handlers;

/// <summary>The handler of proofs: works as long as its payload says, leaves an effect that an outsider can count, and ends as its payload says for this attempt.</summary>
internal sealed class ProbeTaskHandler(EffectSink sink, TimeProvider time) : TaskHandler<ProbePayload>
{
    public const string Type = "probe";

    public override string TaskType => Type;

    protected override async ValueTask<TaskOutcome> HandleAsync(ProbePayload payload, TaskContext context, CancellationToken cancellationToken)
    {
        var began = time.GetUtcNow();
        if (payload.DelayMs > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(payload.DelayMs), time, cancellationToken);
        }
        sink.Happened(context, began);
        var steps = payload.Steps ?? [];
        return (steps.Length == 0 ? "ok" : steps[Math.Min(context.Attempt, steps.Length) - 1]) switch
        {
            "ok" => TaskOutcome.Success(),
            "retry" => TaskOutcome.RetryableFailure("the probe asks for a retry"),
            "fail" => TaskOutcome.PermanentFailure("the probe asks to fail"),
            var step => TaskOutcome.PermanentFailure($"payload.steps has '{TaskHeaders.CleanError(step)}', but a step is ok, retry or fail"),
        };
    }
}

/// <param name="Steps">What each attempt ends with: <c>ok</c>, <c>retry</c> or <c>fail</c>; the last is repeated. Default ok.</param>
/// <param name="DelayMs">How long each attempt works. Default 0.</param>
internal sealed record ProbePayload(string[]? Steps, int DelayMs = 0);
