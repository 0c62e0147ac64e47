using System.Diagnostics;
using System.Text;

namespace Consumers.Core;

/// <summary>The W3C trace context that a message without one gets.</summary>
public sealed class TraceParent(Random random)
{
    /// <summary>Of the span that publishes it; else what the task was accepted with, or the current activity's; else a fresh one that is not sampled, so that all attempts of a task can still be found under one trace id.</summary>
    /// <param name="span">Null while nobody records it.</param>
    /// <param name="accepted">Null when none is known.</param>
    /// <returns>ASCII, as it goes into a header: a string would be encoded once more for every message.</returns>
    public byte[] CurrentOrNew(Activity? span = null, string? accepted = null) =>
        (span ?? (accepted is null ? Activity.Current : null)) is { IdFormat: ActivityIdFormat.W3C, Id: { } id } ? Encoding.ASCII.GetBytes(id)
        : accepted is not null && ActivityContext.TryParse(accepted, null, out _) ? Encoding.ASCII.GetBytes(accepted)
        : New();

    private byte[] New()
    {
        Span<byte> ids = stackalloc byte[24];
        random.NextBytes(ids);
        // All zeros is no valid id.
        ids[15] |= 1;
        ids[23] |= 1;
        var text = "00-00000000000000000000000000000000-0000000000000000-00"u8.ToArray();
        Convert.TryToHexStringLower(ids[..16], text.AsSpan(3), out _);
        Convert.TryToHexStringLower(ids[16..], text.AsSpan(36), out _);
        return text;
    }
}
