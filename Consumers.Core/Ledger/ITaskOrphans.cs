namespace Consumers.Core;

/// <summary>
/// Tasks that are not done and that nobody is going to do: due or begun long ago, and their message is in no queue (a purged or deleted queue, a broker that lost its disk). What the ledger says of them
/// stays as it is; publishing them again brings them back.
/// </summary>
public interface ITaskOrphans
{
    /// <summary>Newest first within each state.</summary>
    /// <param name="before">They were due, accepted or in the hands of a process whose lease was over before this; the broker had nothing of the module later than that.</param>
    /// <param name="id">Only this one; null for all.</param>
    ValueTask<IReadOnlyList<TaskRow>> ListAsync(string module, DateTimeOffset before, string? id, int limit, CancellationToken cancellationToken);

    /// <summary>Marks them as not published, so that the relay publishes them within seconds: each the attempt that it owes, and safe even when a message of it exists after all. Durable, and in the audit. Returns how many.</summary>
    /// <param name="id">Only this one; null for all.</param>
    /// <param name="by">Who asks.</param>
    ValueTask<int> PublishAgainAsync(string module, DateTimeOffset before, string? id, string by, CancellationToken cancellationToken);
}
