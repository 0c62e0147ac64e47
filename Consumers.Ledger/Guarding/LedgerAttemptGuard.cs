using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>The guard on the ledger: every decision is made inside the transaction that writes it, so all processes on one file agree.</summary>
internal sealed class LedgerAttemptGuard(LedgerWriter writer, InstanceIdentity self, OwnerJudge judge, RetrySchedule schedule) : IAttemptGuard
{
    private const string PaidSql = """UPDATE "Tasks" SET "Owed" = 0 WHERE "Id" = ?1 AND "Series" = ?2 AND "Attempt" = ?3 AND "Owed" = 1""";

    public ValueTask<AttemptBegin> BeginAsync(AttemptRequest request, CancellationToken cancellationToken) =>
        writer.RunAsync(new BeginCall(request, self, judge), cancellationToken);

    public ValueTask<AttemptEnd> SettleAsync(AttemptResult result, CancellationToken cancellationToken) =>
        writer.RunAsync(new SettleCall(result, self, schedule), cancellationToken);

    public async ValueTask ReleaseAsync(AttemptKey key, long epoch, CancellationToken cancellationToken) =>
        await writer.RunAsync(
            transaction =>
            {
                var row = TaskRows.Find(transaction, key.TaskId);
                if (row is not { State: TaskState.Processing } || row.Series != key.Series || row.Attempt != key.Attempt || row.Epoch != epoch || row.Owner != self.RunId)
                {
                    return false;
                }
                AttemptRows.TakeBack(transaction, row, AttemptOutcomes.HandedBack, new Deaths(row.SharedDeaths, row.SolitaryDeaths));
                return true;
            },
            isOutcome: false,
            cancellationToken);

    public void NotePaid(AttemptKey key) =>
        writer.RunLazily(transaction => transaction.Prepare(PaidSql).Set(1, key.TaskId).Set(2, key.Series).Set(3, key.Attempt).Run());
}
