using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Starts the replay of one entry with another body. May run more than once, as <see cref="OperationStart"/> may.</summary>
internal sealed class EditedStart(string id, string deadLetterId, EditedTask task, string by, string? why, PauseList pauses)
{
    private const string FindSql = $"""
        SELECT d."Row", d."Module", d."State", {DeadLetterChoice.IsBusy} FROM "DeadLetters" AS d WHERE d."Id" = ?1
        """;

    public StartResult Execute(LedgerTransaction transaction)
    {
        if (OperationRows.Find(transaction, id) is { } before)
        {
            return new StartResult(before.Row, null);
        }
        var find = transaction.Prepare(FindSql).Set(1, deadLetterId);
        if (!find.Step())
        {
            return new StartResult(0, $"There is no dead letter {deadLetterId}.");
        }
        var (entry, module, state, isBusy) = (find.Long(0), find.Text(1), find.Text(2), find.Bool(3));
        find.Reset();
        var refusal = state != DeadLetterState.Dead.ToWire() ? $"The dead letter {deadLetterId} is {state}: only what is dead can be replayed."
            : isBusy ? $"The dead letter {deadLetterId} is in the hands of another operation."
            : OperationStart.PausedBecause(pauses, module, task.Type);
        if (refusal is not null)
        {
            return new StartResult(0, refusal);
        }
        var row = OperationRows.Insert(transaction, new OperationRecord
        {
            Id = id,
            Kind = OperationKind.Replay,
            Scope = deadLetterId,
            Actor = by,
            Why = why,
            RateMilli = (long)(OperationOrder.HighestRate * 1000),
            StopAtFailurePercent = 100,
            Modules = module,
            IsCanaryPassed = true,
            Total = 1,
            Body = task.Body,
        });
        OperationItemRows.InsertEdited(transaction, row, entry, task.Id);
        OperationAudit.Started(transaction, id, "edit", by, deadLetterId, 1, why);
        return new StartResult(row, null);
    }
}

/// <param name="Id">The new one.</param>
/// <param name="Body">With the id in it.</param>
internal sealed record EditedTask(string Id, string Type, byte[] Body);
