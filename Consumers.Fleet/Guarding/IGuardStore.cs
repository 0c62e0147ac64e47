using Consumers.Core;

namespace Consumers.Fleet;

/// <summary>Keeps one value a task, and replaces it only while it is still what the caller knows: the epoch of DESIGN §5 is the value itself.</summary>
internal interface IGuardStore
{
    /// <summary>Writes <paramref name="next"/> when the value is <paramref name="expected"/>, or is <paramref name="next"/> already because an answer was lost.</summary>
    /// <param name="expected">Null for no value.</param>
    /// <param name="told">What the fleet's counters are told in the same step, when it is written; null for nothing.</param>
    /// <exception cref="FleetUnavailableException">Nobody knows whether it was written; asking again is safe.</exception>
    ValueTask<Replacement> ReplaceAsync(string taskId, string? expected, string next, CountEntry? told, CancellationToken cancellationToken);

    /// <summary>The value; null for none.</summary>
    /// <exception cref="FleetUnavailableException">Nobody knows.</exception>
    ValueTask<string?> ReadAsync(string taskId, CancellationToken cancellationToken);

    /// <summary>False for a store of this process alone: a raised series may be known to another process only, so here a message's claim is believed.</summary>
    bool IsShared { get; }

    /// <exception cref="FleetUnavailableException">Nobody knows.</exception>
    ValueTask<OwnerLife> JudgeAsync(string? owner, CancellationToken cancellationToken);

    /// <summary>Moves a value that no guard has written out of the way, and says so.</summary>
    /// <exception cref="FleetUnavailableException">Nobody knows whether it was moved.</exception>
    ValueTask SetAsideAsync(string taskId, CancellationToken cancellationToken);

    /// <summary>Waits until the store may answer again.</summary>
    Task BackAsync(CancellationToken cancellationToken);
}

/// <param name="Current">What is there instead, when nothing was written; null for no value.</param>
internal readonly record struct Replacement(bool IsWritten, string? Current);
