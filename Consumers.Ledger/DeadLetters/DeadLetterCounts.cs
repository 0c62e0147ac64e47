using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>What a batch of writes changes in the counters of dead letters: summed, and written once before the commit.</summary>
internal sealed class DeadLetterCounts
{
    private const string AddToModule = """
        INSERT INTO "DeadLetterCounters" ("Module", "State", "Count") VALUES (?1, ?2, ?3)
        ON CONFLICT ("Module", "State") DO UPDATE SET "Count" = "Count" + excluded."Count"
        """;

    private const string AddToCause = """
        UPDATE "DeadLetterCauses" SET "Dead" = "Dead" + ?2, "Replayed" = "Replayed" + ?3, "Discarded" = "Discarded" + ?4 WHERE "Row" = ?1
        """;

    private readonly Dictionary<(string Module, DeadLetterState State), long> _modules = [];
    private readonly Dictionary<long, (long Dead, long Replayed, long Discarded)> _causes = [];

    public void Clear()
    {
        _modules.Clear();
        _causes.Clear();
    }

    /// <summary>Notes that an entry changed its state; null for one that comes or goes.</summary>
    /// <param name="cause">Row of its cause.</param>
    public void Move(string module, long cause, DeadLetterState? from, DeadLetterState? to)
    {
        if (from is { } left)
        {
            Add(module, cause, left, -1);
        }
        if (to is { } entered)
        {
            Add(module, cause, entered, 1);
        }
    }

    public void Write(LedgerTransaction transaction)
    {
        foreach (var ((module, state), count) in _modules)
        {
            if (count != 0)
            {
                transaction.Prepare(AddToModule).Set(1, module).Set(2, state.ToWire()).Set(3, count).Run();
            }
        }
        foreach (var (cause, counts) in _causes)
        {
            if (counts != default)
            {
                transaction.Prepare(AddToCause).Set(1, cause).Set(2, counts.Dead).Set(3, counts.Replayed).Set(4, counts.Discarded).Run();
            }
        }
    }

    private void Add(string module, long cause, DeadLetterState state, int change)
    {
        _modules[(module, state)] = _modules.GetValueOrDefault((module, state)) + change;
        var (dead, replayed, discarded) = _causes.GetValueOrDefault(cause);
        _causes[cause] = state switch
        {
            DeadLetterState.Dead => (dead + change, replayed, discarded),
            DeadLetterState.Replayed => (dead, replayed + change, discarded),
            _ => (dead, replayed, discarded + change),
        };
    }
}
