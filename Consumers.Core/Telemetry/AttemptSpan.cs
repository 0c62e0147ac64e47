using System.Diagnostics;

namespace Consumers.Core;

/// <summary>What the span of an attempt says at its end. Each does nothing without a span.</summary>
internal static class AttemptSpan
{
    /// <summary>For the attempt's row: a trace that nobody records is nowhere to be looked at.</summary>
    public static string? RecordedTraceId(this Activity? span) => span is { Recorded: true } ? span.TraceId.ToHexString() : null;

    public static void Began(this Activity? span, AttemptKey key)
    {
        span?.SetTag(Labels.Attempt, key.Attempt);
        if (key.Series > 1)
        {
            span?.SetTag("consumers.task.series", key.Series);
        }
    }

    public static void Ended(this Activity? span, AttemptVerdict verdict, Settlement settlement)
    {
        if (span is not { IsAllDataRequested: true })
        {
            return;
        }
        span.SetTag(Labels.Outcome, settlement switch { Settlement.Ack => "success", Settlement.Retry => "retry", _ => "dead" });
        if (SettlementPolicy.ErrorOf(settlement) is not { } error)
        {
            return;
        }
        var thrown = verdict.Outcome switch { TaskOutcome.Retryable of => of.Thrown, TaskOutcome.Permanent of => of.Thrown, _ => null };
        span.SetTag(Labels.ErrorType, thrown?.Exception.GetType().FullName ?? verdict.Word).SetStatus(ActivityStatusCode.Error, error);
        if (thrown is not null)
        {
            span.AddException(thrown.Exception);
        }
        if (settlement is Settlement.DeadLetter dead)
        {
            span.SetTag(Labels.Reason, dead.Reason.ToWire());
        }
    }

    /// <summary>No handler ran, or its outcome did not count.</summary>
    public static void Ended(this Activity? span, string outcome) => span?.SetTag(Labels.Outcome, outcome);
}
