using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>
/// Starts an operation: freezes its set and notes it in the audit, in one transaction. May run more than once, until a commit is certain: whatever is there under the id
/// is the answer.
/// </summary>
internal sealed class OperationStart(OperationOrder order, DeadLetterChoice choice, double rate, PauseList pauses)
{
    public StartResult Execute(LedgerTransaction transaction)
    {
        if (OperationRows.Find(transaction, order.Id) is { } before)
        {
            return new StartResult(before.Row, null);
        }
        var groups = Groups(transaction);
        var count = groups.Sum(group => group.Count);
        if (Refusal(groups, count) is { } refusal)
        {
            return new StartResult(0, refusal);
        }
        var row = OperationRows.Insert(transaction, new OperationRecord
        {
            Id = order.Id,
            Kind = order.Choice.Kind,
            Scope = choice.Scope,
            Actor = order.By,
            Why = order.Why,
            RateMilli = (long)Math.Round(rate * 1000),
            Canary = order.Canary,
            StopAtFailurePercent = order.StopAtFailurePercent,
            Modules = string.Join(' ', groups.Select(group => group.Module).Distinct()),
            IsCanaryPassed = order.Canary == 0,
            Total = count,
        });
        OperationItemRows.Freeze(transaction, row, choice);
        OperationAudit.Started(transaction, order.Id, order.Choice.Kind.ToWire(), order.By, choice.Scope, count, order.Why);
        return new StartResult(row, null);
    }

    private string? Refusal(List<Group> groups, long count)
    {
        if (count == 0)
        {
            return "There is nothing to do: no dead entry matches that is not in the hands of another operation.";
        }
        if (count != order.ExpectedCount)
        {
            return $"The choice has changed: {order.ExpectedCount} were expected, and {count} match now. Look at it again, and confirm the new count.";
        }
        return order.Choice.Kind == OperationKind.Replay ? groups.Select(group => PausedBecause(pauses, group.Module, group.Type)).FirstOrDefault(why => why is not null) : null;
    }

    /// <summary>Null when nothing holds it.</summary>
    public static string? PausedBecause(PauseList pauses, string module, string? type) =>
        (type is null ? pauses.Find(module) : pauses.Holding(module, type)) is { } pause
            ? $"{(pause.Type is null ? $"The module {module}" : $"The type {pause.Type} of {module}")} is paused by {pause.By}{(pause.Why is null ? "" : $" ({pause.Why})")}: resume it first, or choose others."
            : null;

    private List<Group> Groups(LedgerTransaction transaction)
    {
        var groups = new List<Group>();
        var find = choice.Bind(
            transaction.Prepare($"""
                SELECT d."Module", d."Type", COUNT(*) FROM "DeadLetters" AS d WHERE {choice.Where} AND NOT {DeadLetterChoice.IsBusy} GROUP BY d."Module", d."Type"
                """),
            first: 1);
        while (find.Step())
        {
            groups.Add(new Group(find.Text(0), find.TextOrNull(1), find.Long(2)));
        }
        return groups;
    }

    private readonly record struct Group(string Module, string? Type, long Count);
}

/// <param name="Row">Of the operation.</param>
/// <param name="Refusal">Why there is none; null when there is.</param>
internal readonly record struct StartResult(long Row, string? Refusal);
