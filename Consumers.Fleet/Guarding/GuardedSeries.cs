using Consumers.Core;

namespace Consumers.Fleet;

/// <summary>Raises the series of guarded tasks. Whoever replaces the value that it has read has raised it.</summary>
internal static class GuardedSeries
{
    /// <param name="now">Unix milliseconds.</param>
    /// <exception cref="FleetUnavailableException">Nobody knows whether it was raised; asking again is safe.</exception>
    public static async ValueTask<SeriesRaise> RaiseAsync(IGuardStore store, string taskId, int series, long now, CancellationToken cancellationToken)
    {
        var current = await store.ReadAsync(taskId, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            if (current is null || GuardedTaskText.Read(current) is not { } task)
            {
                return SeriesRaise.Unknown;
            }
            if (task.Series >= series)
            {
                return SeriesRaise.Raised;
            }
            if (task.State == TaskState.Completed || (task.State == TaskState.Processing && await store.JudgeAsync(task.Owner, cancellationToken).ConfigureAwait(false) == OwnerLife.Alive))
            {
                return SeriesRaise.Refused;
            }
            var replacement = await store.ReplaceAsync(taskId, current, GuardedTaskText.Write(GuardTransitions.Raised(task, series, now)), told: null, cancellationToken).ConfigureAwait(false);
            if (replacement.IsWritten)
            {
                return SeriesRaise.Raised;
            }
            current = replacement.Current;
        }
    }
}
