using Consumers.Core;

namespace Consumers.Host.Monitoring;

/// <summary>Reads for pages and the API that end in time: a ledger that is away costs a panel, never the page.</summary>
internal sealed partial class LedgerReads(ITaskQueries queries, TimeProvider time, ILogger<LedgerReads> logger)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public Task<Known<TaskDetailsOrNone>> FindAsync(string id, CancellationToken cancellationToken) =>
        ReadAsync("a task", async token => new TaskDetailsOrNone(await queries.FindAsync(id, token)), cancellationToken);

    public Task<Known<TaskPage>> ListAsync(TaskFilter filter, string? after, int limit, CancellationToken cancellationToken) =>
        ReadAsync("tasks", async token => await queries.ListAsync(filter, after, limit, token), cancellationToken);

    public Task<Known<IReadOnlyDictionary<TaskState, long>>> CountAsync(string? module, CancellationToken cancellationToken) =>
        ReadOftenAsync("counts", async token => await queries.CountAsync(module, token), cancellationToken);

    public Task<Known<WaitingRetries>> WaitingRetriesAsync(string module, CancellationToken cancellationToken) =>
        ReadAsync("waiting retries", async token => await queries.WaitingRetriesAsync(module, token), cancellationToken);

    /// <summary>Any other read of the ledger, with the same patience.</summary>
    /// <param name="what">For the log.</param>
    public async Task<Known<T>> ReadAsync<T>(string what, Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken) where T : class
    {
        // What the first one costs a process is not the ledger's fault. Where it fails, so does the read, which says so.
        await queries.PrepareAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await ReadOftenAsync(what, read, cancellationToken);
    }

    /// <summary>One that every process makes all the time, and that needs no preparing.</summary>
    /// <inheritdoc cref="ReadAsync" />
    public async Task<Known<T>> ReadOftenAsync<T>(string what, Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken) where T : class
    {
        using var timeout = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            // On a thread of the pool, because a database in a file may block before it first awaits.
            return new(await Task.Run(() => read(either.Token), either.Token).WaitAsync(Patience, time, cancellationToken), null);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            var why = e is OperationCanceledException or TimeoutException ? $"the ledger did not answer within {Patience.TotalSeconds:0} s" : $"the ledger could not be read: {TaskHeaders.CleanError(e.Message)}";
            Log.CannotRead(logger, what, why);
            return new(null, why);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Could not read {What}: {Why}")]
        public static partial void CannotRead(ILogger logger, string what, string why);
    }
}

/// <param name="Details">Null when there is no such task.</param>
internal sealed record TaskDetailsOrNone(TaskDetails? Details);
