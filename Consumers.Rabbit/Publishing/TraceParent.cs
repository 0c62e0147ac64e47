using System.Diagnostics;

namespace Consumers.Rabbit;

/// <summary>The W3C trace context that a message without one gets.</summary>
internal static class TraceParent
{
    /// <summary>The current activity's; else a fresh one that is not sampled, so that all attempts of a task can still be found under one trace id.</summary>
    public static string CurrentOrNew() => Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } ? id : New();

    private static string New() => string.Create(55, (Trace: ActivityTraceId.CreateRandom(), Span: ActivitySpanId.CreateRandom()), static (text, ids) =>
    {
        "00-".CopyTo(text);
        ids.Trace.ToHexString().CopyTo(text[3..]);
        text[35] = '-';
        ids.Span.ToHexString().CopyTo(text[36..]);
        "-00".CopyTo(text[52..]);
    });
}
