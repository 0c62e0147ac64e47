namespace Consumers.Core;

/// <summary>What is paused. A ledger keeps it for the whole fleet; without one it is this process's, and is forgotten with it.</summary>
public interface IPauses
{
    /// <summary>As this process knows it: at most a quarter of a second old, or the last known state while the ledger cannot be read. Never waits.</summary>
    PauseList Current { get; }

    /// <summary>Asked twice it is one pause: the first keeps its time and its author. Durable when it returns, and obeyed by this process at once.</summary>
    ValueTask<PauseChange> PauseAsync(PauseOrder order, CancellationToken cancellationToken);

    /// <summary>A module's resume leaves the pauses of its types.</summary>
    ValueTask<PauseChange> ResumeAsync(PauseOrder order, CancellationToken cancellationToken);
}
