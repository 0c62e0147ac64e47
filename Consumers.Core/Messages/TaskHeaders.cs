using System.Globalization;

namespace Consumers.Core;

/// <summary>Names of the headers that travel with a task, and how to read them: all come from outside, so reading clamps and never throws.</summary>
public static class TaskHeaders
{
    public const string Attempt = "x-attempt";
    public const string Series = "x-series";
    public const string DueAt = "x-due-at";

    /// <summary>How long the wait until <see cref="DueAt"/> was when it began, in milliseconds: what is left of it can never be more, unless the clock was put back.</summary>
    public const string WaitMs = "x-wait-ms";

    public const string FirstFailureAt = "x-first-failure-at";
    public const string LastError = "x-last-error";
    public const string ConsumerId = "x-consumer-id";
    public const string Origin = "x-origin";
    public const string DeadReason = "x-dead-reason";

    /// <summary>Tells one dead letter from every other: the same when the broker delivers it again, or when its confirm was lost and it was published twice.</summary>
    public const string DeadId = "x-dead-id";

    public const string DeadAt = "x-dead-at";

    /// <summary>Where the exception came from: <see cref="Core.ErrorPlace"/>.</summary>
    public const string ErrorPlace = "x-error-place";

    public const string TraceParent = "traceparent";
    public const string TraceState = "tracestate";

    /// <summary>The longest error text that travels in a header, in characters (DESIGN §4: 1 KiB).</summary>
    public const int MaxErrorLength = 1024;

    /// <summary>The highest series a header may claim where no ledger knows better.</summary>
    public const int MaxSeries = 1_000_000;

    private static readonly string[] OurNames = [Attempt, Series, DueAt, WaitMs, FirstFailureAt, LastError, ConsumerId, Origin, DeadReason, DeadId, DeadAt, ErrorPlace];

    /// <summary>True for a header that the fleet writes itself, and therefore never copies from a delivery.</summary>
    public static bool IsOurs(string name) => Array.IndexOf(OurNames, name) >= 0;

    /// <summary>RFC 3339 in UTC with milliseconds.</summary>
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static DateTimeOffset? ReadTime(string? value) =>
        DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    public static int ReadInt(string? value, int min, int max, int otherwise) =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? (int)Math.Clamp(number, min, max)
            : otherwise;

    /// <summary>An error text fit for a header, a ledger column and a log line: no control characters, at most <see cref="MaxErrorLength"/> characters.</summary>
    public static string CleanError(string error)
    {
        var length = Math.Min(error.Length, MaxErrorLength);
        // A cut between two surrogates would leave text that is not valid UTF-8.
        if (length < error.Length && char.IsHighSurrogate(error[length - 1]))
        {
            length--;
        }
        return string.Create(length, error, static (span, text) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                var c = text[i];
                var lonely = char.IsHighSurrogate(c) ? i + 1 >= span.Length || !char.IsLowSurrogate(text[i + 1])
                    : char.IsLowSurrogate(c) && (i == 0 || !char.IsHighSurrogate(text[i - 1]));
                span[i] = lonely ? '\uFFFD' : char.IsControl(c) ? ' ' : c;
            }
        });
    }
}
