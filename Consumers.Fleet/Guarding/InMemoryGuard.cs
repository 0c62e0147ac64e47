using Consumers.Core;

namespace Consumers.Fleet;

/// <summary>The guard of a fleet of one process: the last tasks, in memory. Nothing survives the process, so a redelivery after its death runs again.</summary>
internal sealed class InMemoryGuard(InstanceIdentity self, TimeProvider time, int remembered = InMemoryTaskCounters.Remembered) : IFleetGuard, IGuardStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _tasks = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    public bool IsShared => false;

    public IAttemptGuard For(GuardAway away, bool counts = false) => new FleetAttemptGuard(this, away, new GuardRepairs(this), counters: null, self, time);

    public ValueTask<SeriesRaise> RaiseAsync(string taskId, int series, CancellationToken cancellationToken) =>
        GuardedSeries.RaiseAsync(this, taskId, series, time.GetUtcNow().ToUnixTimeMilliseconds(), cancellationToken);

    public ValueTask<string?> ReadAsync(string taskId, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(_tasks.GetValueOrDefault(taskId));
        }
    }

    public ValueTask<Replacement> ReplaceAsync(string taskId, string? expected, string next, CountEntry? told, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var current = _tasks.GetValueOrDefault(taskId);
            if (current != expected && current != next)
            {
                return new(new Replacement(false, current));
            }
            _tasks[taskId] = next;
            if (current is null)
            {
                _order.Enqueue(taskId);
                if (_order.Count > remembered)
                {
                    _tasks.Remove(_order.Dequeue());
                }
            }
            return new(new Replacement(true, next));
        }
    }

    /// <summary>Whatever runs, runs in this process.</summary>
    public ValueTask<OwnerLife> JudgeAsync(string? owner, CancellationToken cancellationToken) => new(OwnerLife.Alive);

    public ValueTask SetAsideAsync(string taskId, CancellationToken cancellationToken) => throw new InvalidOperationException($"the guard cannot read what it wrote of task {taskId}");

    public Task BackAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
