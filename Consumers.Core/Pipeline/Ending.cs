namespace Consumers.Core;

/// <summary>How a run ended: settled, interrupted, or (default) with a stale epoch.</summary>
internal readonly record struct Ending(Settlement? Settlement, StatusEvent? Status, bool IsInterrupted)
{
    public static readonly Ending Interrupted = new(null, null, true);
}
