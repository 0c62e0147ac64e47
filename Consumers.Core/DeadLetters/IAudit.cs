namespace Consumers.Core;

/// <summary>What people did, newest first. Entries are written by what does the work, and never changed.</summary>
public interface IAudit
{
    /// <param name="after">The <see cref="AuditEntry.Row"/> of the last one of the page before; null for the first page.</param>
    /// <param name="limit">1–200; clamped.</param>
    ValueTask<IReadOnlyList<AuditEntry>> ListAsync(string? action, long? after, int limit, CancellationToken cancellationToken);
}

/// <param name="Action">A verb: <c>pause</c>, <c>resume</c>, <c>replay</c>, <c>edit</c>, <c>discard</c>, <c>cancel</c>, <c>republish</c>.</param>
/// <param name="Target">What it was done to.</param>
/// <param name="Count">How many things it was done to.</param>
/// <param name="Result">One word.</param>
/// <param name="Detail">Why it was done, or what else is to be known.</param>
public sealed record AuditEntry(long Row, DateTimeOffset At, string By, string Action, string Target, long Count, string Result, string? Detail);
