using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>What a transaction changes in the counts of one operation: summed, and written once.</summary>
internal sealed class ItemTally
{
    private const string AddSql = """
        UPDATE "Operations" SET "Waiting" = "Waiting" + ?2, "Claimed" = "Claimed" + ?3, "Published" = "Published" + ?4, "Awaited" = "Awaited" + ?5,
               "Succeeded" = "Succeeded" + ?6, "FailedAgain" = "FailedAgain" + ?7, "Discarded" = "Discarded" + ?8, "Skipped" = "Skipped" + ?9
        WHERE "Row" = ?1
        """;

    private readonly long[] _changes = new long[Enum.GetValues<OperationItemState>().Length];
    private long _awaited;
    private bool _isChanged;

    public void Move(OperationItemState from, OperationItemState to, int count = 1)
    {
        (_changes[(int)from], _changes[(int)to], _isChanged) = (_changes[(int)from] - count, _changes[(int)to] + count, true);
    }

    public void Await(int change) => (_awaited, _isChanged) = (_awaited + change, true);

    /// <param name="operation">Row of the operation.</param>
    public void Write(LedgerTransaction transaction, long operation)
    {
        if (_isChanged)
        {
            transaction.Prepare(AddSql)
                .Set(1, operation)
                .Set(2, Of(OperationItemState.Waiting))
                .Set(3, Of(OperationItemState.Claimed))
                .Set(4, Of(OperationItemState.Published))
                .Set(5, _awaited)
                .Set(6, Of(OperationItemState.Succeeded))
                .Set(7, Of(OperationItemState.FailedAgain))
                .Set(8, Of(OperationItemState.Discarded))
                .Set(9, Of(OperationItemState.Skipped))
                .Run();
        }
    }

    private long Of(OperationItemState state) => _changes[(int)state];
}
