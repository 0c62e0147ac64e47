using Consumers.Core;

namespace Consumers.Host.Monitoring;

/// <summary>What pages and the API read of dead letters, operations and the audit, each in bounded time.</summary>
internal sealed class DeadLetterReads(IDeadLetterArchive archive, IDeadLetterOperations operations, IAudit audit, LedgerReads ledger)
{
    public Task<Known<DeadLetterPage>> ListAsync(DeadLetterFilter filter, string? after, int limit, CancellationToken cancellationToken) =>
        ledger.ReadAsync("dead letters", async token => await archive.ListAsync(filter, after, limit, token), cancellationToken);

    public Task<Known<Found<DeadLetterDetails>>> FindAsync(string id, CancellationToken cancellationToken) =>
        ledger.ReadAsync("a dead letter", async token => new Found<DeadLetterDetails>(await archive.FindAsync(id, token)), cancellationToken);

    public Task<Known<Found<DeadLetterRow>>> FindByTaskAsync(string module, string taskId, CancellationToken cancellationToken) =>
        ledger.ReadAsync("a task's dead letter", async token => new Found<DeadLetterRow>(await archive.FindByTaskAsync(module, taskId, token)), cancellationToken);

    public Task<Known<IReadOnlyList<DeadLetterCause>>> CausesAsync(DeadLetterFilter filter, int limit, CancellationToken cancellationToken) =>
        ledger.ReadAsync("causes of dead letters", async token => await archive.CausesAsync(filter, limit, token), cancellationToken);

    public Task<Known<IReadOnlyDictionary<DeadLetterState, long>>> CountAsync(string? module, CancellationToken cancellationToken) =>
        ledger.ReadOftenAsync("counts of dead letters", async token => await archive.CountAsync(module, token), cancellationToken);

    public Task<Known<Found<Operation>>> FindOperationAsync(string id, CancellationToken cancellationToken) =>
        ledger.ReadAsync("an operation", async token => new Found<Operation>(await operations.FindAsync(id, token)), cancellationToken);

    public Task<Known<IReadOnlyList<Operation>>> OperationsAsync(string? after, int limit, CancellationToken cancellationToken) =>
        ledger.ReadAsync("operations", async token => await operations.ListAsync(after, limit, token), cancellationToken);

    public Task<Known<IReadOnlyList<OperationItem>>> ItemsAsync(string id, OperationItemState? state, string? after, int limit, CancellationToken cancellationToken) =>
        ledger.ReadAsync("the entries of an operation", async token => await operations.ItemsAsync(id, state, after, limit, token), cancellationToken);

    public Task<Known<IReadOnlyList<AuditEntry>>> AuditAsync(string? action, long? after, int limit, CancellationToken cancellationToken) =>
        ledger.ReadAsync("the audit", async token => await audit.ListAsync(action, after, limit, token), cancellationToken);
}

/// <param name="Value">Null when there is none.</param>
internal sealed record Found<T>(T? Value) where T : class;
