namespace Consumers.Core;

/// <summary>The guard that the fleet shares without a ledger: in Redis, or in memory for a fleet of one process.</summary>
public interface IFleetGuard
{
    /// <param name="away">What a module does while the guard's store is away.</param>
    /// <param name="counts">The module's tasks are counted in what the fleet shares; the guard may do that in the same step, and then says so.</param>
    IAttemptGuard For(GuardAway away, bool counts = false);

    /// <summary>Raises the series of a dead-lettered task, so that a replay of it runs: what a message claims never does. Whatever is left of the series before runs no more.</summary>
    /// <exception cref="FleetUnavailableException">Nobody knows whether it was raised; asking again is safe.</exception>
    ValueTask<SeriesRaise> RaiseAsync(string taskId, int series, CancellationToken cancellationToken);

    /// <summary>False when it remembers for this process only: instances on one broker then know nothing of what the others settled.</summary>
    bool IsShared => true;
}

/// <summary><c>Consumers:&lt;Module&gt;:GuardAway</c>: what a module does while Redis as its guard is away.</summary>
public enum GuardAway
{
    /// <summary>Nothing begins and nothing is acknowledged until it is back.</summary>
    Wait,

    /// <summary>Goes on as without a guard, and says so: at-least-once without suppression.</summary>
    Continue,
}
