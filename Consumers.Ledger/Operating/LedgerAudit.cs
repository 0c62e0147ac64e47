using Consumers.Core;
using Microsoft.EntityFrameworkCore;

namespace Consumers.Ledger;

/// <summary>Reads the audit.</summary>
internal sealed class LedgerAudit(IDbContextFactory<LedgerContext> contexts) : IAudit
{
    public const int MaxPage = 200;

    public async ValueTask<IReadOnlyList<AuditEntry>> ListAsync(string? action, long? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = contexts.CreateDbContext();
        return await context.Audit
            .Where(entry => (action == null || entry.Action == action) && (after == null || entry.Row < after))
            .OrderByDescending(entry => entry.Row)
            .Take(Math.Clamp(limit, 1, MaxPage))
            .Select(entry => new AuditEntry(entry.Row, entry.At, entry.Actor, entry.Action, entry.Target, entry.Count, entry.Result, entry.Detail))
            .ToListAsync(cancellationToken);
    }
}
