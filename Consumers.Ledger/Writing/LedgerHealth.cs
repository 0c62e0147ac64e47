using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Whether the ledger can be written, since when, and if not, why.</summary>
internal sealed class LedgerHealth(LedgerDatabase database, TimeProvider time) : IDependency
{
    private volatile DependencyState _state = new("ledger", DependencyHealth.Down, time.GetUtcNow(), $"{database.Path} is not open yet");

    public DependencyState State => _state;

    public bool IsVital => true;

    /// <summary>Returns true when that is news.</summary>
    public bool Report(DependencyHealth health, string description)
    {
        var before = _state;
        if (before.Health == health && before.Description == description)
        {
            return false;
        }
        _state = new("ledger", health, before.Health == health ? before.Since : time.GetUtcNow(), description);
        return true;
    }
}

/// <summary>The entry in the list of dependencies: the health that the writer reports to.</summary>
internal sealed class LedgerDependency(LedgerHealth health) : IDependency
{
    public DependencyState State => health.State;

    public bool IsVital => health.IsVital;
}
