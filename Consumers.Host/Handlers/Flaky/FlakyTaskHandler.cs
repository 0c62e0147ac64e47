using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Handlers;

/// <summary>Fails as its payload says: for demonstrations and tests. See <see cref="FlakyPayload"/>.</summary>
internal sealed class FlakyTaskHandler(TimeProvider time, IOptions<FlakyOptions>? options = null) : TaskHandler<FlakyPayload>
{
    public const string Type = "flaky";

    public override string TaskType => Type;

    protected override async ValueTask<TaskOutcome> HandleAsync(FlakyPayload payload, TaskContext context, CancellationToken cancellationToken)
    {
        if (payload.Problem() is { } problem)
        {
            return TaskOutcome.PermanentFailure(problem);
        }
        var crash = payload.Mode is { } mode && FlakyCrash.Modes.Contains(mode) ? mode : null;
        if (crash is not null && options?.Value.AllowCrashes != true)
        {
            return TaskOutcome.PermanentFailure($"payload.mode '{crash}' could harm this process, and is allowed only with Consumers:Flaky:AllowCrashes=true");
        }
        if (payload.AfterMs is { } work and > 0 && crash != "block")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(work), time, cancellationToken);
        }
        if (!payload.Fails(context.Attempt))
        {
            return TaskOutcome.Success();
        }
        var reason = payload.Reason ?? $"flaky: attempt {context.Attempt} fails as its payload asks";
        if (crash is not null)
        {
            return await FlakyCrash.RunAsync(crash, TimeSpan.FromMilliseconds(payload.AfterMs ?? 0), reason, time);
        }
        switch (payload.Mode)
        {
            case "permanent":
                return TaskOutcome.PermanentFailure(reason);
            case "throw":
                throw new FlakyException(reason);
            case "hang":
                await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
                return TaskOutcome.Success();
            default:
                return TaskOutcome.RetryableFailure(reason, payload.RetryAfterMs is { } wait ? TimeSpan.FromMilliseconds(wait) : null);
        }
    }
}

/// <summary>What <c>flaky</c> throws when it is asked to.</summary>
internal sealed class FlakyException(string message) : Exception(message);
