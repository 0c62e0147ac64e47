using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>
/// Takes the next items of an operation, in one transaction with all that follows from it in the ledger: entries change their state, and tasks that the ledger
/// guards are in their new series before anything is published. May run more than once, until a commit is certain.
/// </summary>
/// <param name="guards">By module: who must hear of a raised series.</param>
internal sealed class OperationClaim(long operation, int limit, InstanceIdentity self, OwnerJudge judge, PauseList pauses, IReadOnlyDictionary<string, GuardMode> guards)
{
    private const string NotDead = "it was no longer dead";

    public ClaimResult Execute(LedgerTransaction transaction)
    {
        if (OperationRows.Read(transaction, operation) is not { } row || row.Owner != self.RunId || row.State != OperationState.Running)
        {
            return default;
        }
        var tally = new ItemTally();
        var taken = 0;
        Pause? held = null;
        foreach (var item in OperationItemRows.Next(transaction, operation, limit))
        {
            if (row.Kind == OperationKind.Replay && item is { Module: { } module, Type: var type } && (type is null ? pauses.Find(module) : pauses.Holding(module, type)) is { } pause)
            {
                held = pause;
                break;
            }
            Take(transaction, tally, row, item);
            taken++;
        }
        tally.Write(transaction, operation);
        return new ClaimResult(taken, held);
    }

    private void Take(LedgerTransaction transaction, ItemTally tally, OperationRecord row, WaitingItem item)
    {
        var waiting = OperationItemState.Waiting;
        if (row.Kind == OperationKind.Discard)
        {
            var isDiscarded = DeadLetterRows.Move(transaction, item.DeadLetterRow, DeadLetterState.Dead, DeadLetterState.Discarded, row.Id);
            OperationItemRows.Move(transaction, tally, operation, item.Position, waiting, isDiscarded ? OperationItemState.Discarded : OperationItemState.Skipped, isDiscarded ? null : NotDead, taskId: item.TaskId);
            return;
        }
        var series = item.NewTaskId is null && item.TaskId is not null ? item.Series + 1 : 1;
        if (WhyNot(transaction, row.Id, item, series) is { } why)
        {
            OperationItemRows.Move(transaction, tally, operation, item.Position, waiting, OperationItemState.Skipped, why, taskId: item.TaskId);
            return;
        }
        OperationItemRows.Move(transaction, tally, operation, item.Position, waiting, OperationItemState.Claimed, series: series, taskId: item.NewTaskId ?? item.TaskId);
    }

    /// <summary>Null when the entry is taken up.</summary>
    private string? WhyNot(LedgerTransaction transaction, string operationId, WaitingItem item, int series)
    {
        if (item.Module is null || series > TaskHeaders.MaxSeries)
        {
            return item.Module is null ? "the entry is gone" : "its series cannot be raised further: replay it with an edited payload, as a new task";
        }
        if (!DeadLetterRows.Move(transaction, item.DeadLetterRow, DeadLetterState.Dead, DeadLetterState.Replayed, operationId, item.NewTaskId))
        {
            return NotDead;
        }
        if (series > 1 && guards.GetValueOrDefault(item.Module) == GuardMode.Ledger && TaskRows.Raise(transaction, judge, item.TaskId!, series) == SeriesRaise.Refused)
        {
            DeadLetterRows.Move(transaction, item.DeadLetterRow, DeadLetterState.Replayed, DeadLetterState.Dead);
            return ReplayMessages.Refused;
        }
        return null;
    }

}

/// <param name="Taken">Items that no longer wait.</param>
/// <param name="Held">Why the next one must wait; null when nothing holds it.</param>
internal readonly record struct ClaimResult(int Taken, Pause? Held);
