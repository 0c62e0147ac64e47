namespace Consumers.Core;

/// <summary>How a run ended: settled, interrupted, or (default) with a stale epoch.</summary>
internal readonly record struct Ending(Settlement? Settlement, StatusEvent? Status, bool IsInterrupted, bool IsAbandoned = false)
{
    public static readonly Ending Interrupted = new(null, null, true);

    /// <summary>Interrupted, and the handler runs on.</summary>
    public static readonly Ending Abandoned = new(null, null, true, true);
}
