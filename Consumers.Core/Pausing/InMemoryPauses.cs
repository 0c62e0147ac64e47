namespace Consumers.Core;

/// <summary>The pauses of one process without a ledger.</summary>
public sealed class InMemoryPauses(TimeProvider time) : IPauses
{
    private readonly Lock _lock = new();
    private volatile PauseList _current = PauseList.None;

    public PauseList Current => _current;

    public ValueTask<PauseChange> PauseAsync(PauseOrder order, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_current.Find(order.Module, order.Type) is { } before)
            {
                return new(new PauseChange(before, IsNew: false));
            }
            var pause = new Pause(order.Module, order.Type, time.GetUtcNow(), order.By, order.Why);
            _current = new([.. _current.All, pause]);
            return new(new PauseChange(pause, IsNew: true));
        }
    }

    public ValueTask<PauseChange> ResumeAsync(PauseOrder order, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var before = _current.Find(order.Module, order.Type);
            if (before is not null)
            {
                _current = new(_current.All.Where(pause => pause != before));
            }
            return new(new PauseChange(null, IsNew: before is not null));
        }
    }
}
