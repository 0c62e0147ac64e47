using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Pauses, resumes or cancels an operation, with its audit row, inside the writer's transaction.</summary>
internal static class OperationChanges
{
    public const string Cancelled = "the operation was cancelled";

    /// <summary>How many waiting items one transaction lets go; whoever runs the operation does the rest.</summary>
    public const int Portion = 2000;

    /// <param name="audit">Of this change; the same one again changes nothing.</param>
    /// <returns>False when there is no such operation.</returns>
    public static bool Execute(LedgerTransaction transaction, string id, OperationChange change, string by, string audit)
    {
        if (OperationRows.Find(transaction, id) is not { } operation)
        {
            return false;
        }
        if (AuditRows.ResultOf(transaction, audit) is null)
        {
            var isChanged = Apply(transaction, operation, change);
            var action = change switch { OperationChange.Pause => "pause", OperationChange.Resume => "resume", _ => "cancel" };
            OperationAudit.Changed(transaction, audit, operation, action, by, isChanged ? operation.Waiting + operation.Claimed : 0, isChanged ? AuditRows.Done : AuditRows.Unchanged);
        }
        return true;
    }

    private static bool Apply(LedgerTransaction transaction, OperationRecord operation, OperationChange change)
    {
        switch (change, operation.State)
        {
            case (OperationChange.Pause, OperationState.Running):
                OperationRows.Set(transaction, operation.Row, OperationState.Paused, null);
                return true;
            case (OperationChange.Resume, OperationState.Paused or OperationState.Stopped):
                OperationRows.Resume(transaction, operation.Row);
                return true;
            case (OperationChange.Cancel, OperationState.Running or OperationState.Paused or OperationState.Stopped):
                OperationRows.Set(transaction, operation.Row, OperationState.Cancelled, null);
                OperationRows.End(transaction, operation.Row, OperationState.Cancelled);
                var tally = new ItemTally();
                OperationItemRows.GiveUp(transaction, tally, operation.Row, Cancelled, Portion);
                tally.Write(transaction, operation.Row);
                return true;
            default:
                return false;
        }
    }
}
