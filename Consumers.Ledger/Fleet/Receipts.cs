using Consumers.Core;
using Microsoft.EntityFrameworkCore;

namespace Consumers.Ledger;

/// <summary>Reads receipts.</summary>
internal sealed class Receipts(IDbContextFactory<LedgerContext> contexts) : IReceipts
{
    public async ValueTask<IReadOnlyList<InstanceReceipt>> ListAsync(int limit, CancellationToken cancellationToken)
    {
        await using var context = contexts.CreateDbContext();
        var rows = await context.Receipts.OrderByDescending(row => row.EndedAt).Take(Math.Clamp(limit, 1, 200)).ToListAsync(cancellationToken);
        return rows.ConvertAll(row => new InstanceReceipt(
            row.Name,
            row.RunId,
            row.Host,
            row.Pid,
            row.StartedAt,
            new DrainReceipt(row.Reason, row.StoppingAt, row.EndedAt, row.InFlight, row.Finished, row.HandedBack, row.Abandoned, TasksText.Read(row.Tasks)),
            row.TakenOver));
    }
}
