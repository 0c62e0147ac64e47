using Consumers.Core;

namespace Consumers.Host.Monitoring;

/// <summary>Reads of the fleet's counters that end in time, like <see cref="LedgerReads"/>.</summary>
internal sealed class CountReads(ITaskCountReader counts, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Null when this instance's counts are not behind.</summary>
    public CountsBehind? Behind => counts.Behind;

    /// <summary>By instance name.</summary>
    public Task<Known<IReadOnlyDictionary<string, TaskCounts>>> CountsAsync(CancellationToken cancellationToken) =>
        ReadAsync(token => counts.CountsAsync(token), cancellationToken);

    public async Task<Known<TaskStateOrNone>> StatusAsync(string id, CancellationToken cancellationToken) =>
        await ReadAsync(async token => new TaskStateOrNone(await counts.StatusAsync(id, token)), cancellationToken);

    private async Task<Known<T>> ReadAsync<T>(Func<CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken) where T : class
    {
        using var timeout = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return new(await read(either.Token), null);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is FleetUnavailableException or OperationCanceledException)
        {
            return new(null, e is FleetUnavailableException ? e.Message : $"the fleet's counters did not answer within {Patience.TotalSeconds:0} s");
        }
    }
}

/// <param name="State">Null when nothing is known of the task.</param>
internal sealed record TaskStateOrNone(TaskState? State);
