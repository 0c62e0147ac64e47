using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>What commands see of the transaction they run in.</summary>
internal sealed class LedgerTransaction(WriterConnection connection)
{
    private const string AddToCounter = """
        INSERT INTO "Counters" ("Module", "Status", "Count") VALUES (?1, ?2, ?3)
        ON CONFLICT ("Module", "Status") DO UPDATE SET "Count" = "Count" + excluded."Count"
        """;

    private readonly Dictionary<(string Module, TaskState State), long> _moved = [];

    /// <summary>Unix milliseconds, read after the write lock was taken.</summary>
    public long Now { get; private set; }

    /// <summary>What commands change in the counters of dead letters.</summary>
    public DeadLetterCounts DeadLetters { get; } = new();

    public void Begin(long now)
    {
        Now = now;
        _moved.Clear();
        DeadLetters.Clear();
    }

    public Statement Prepare(string sql) => connection.Prepare(sql);

    /// <summary>Notes that a task changed its state; null for a task that comes or goes. Summed for the whole batch.</summary>
    public void Move(string module, TaskState? from, TaskState? to, long count = 1)
    {
        if (from == to)
        {
            return;
        }
        if (from is { } left)
        {
            _moved[(module, left)] = _moved.GetValueOrDefault((module, left)) - count;
        }
        if (to is { } entered)
        {
            _moved[(module, entered)] = _moved.GetValueOrDefault((module, entered)) + count;
        }
    }

    public void WriteCounters()
    {
        foreach (var ((module, state), count) in _moved)
        {
            if (count != 0)
            {
                Prepare(AddToCounter).Set(1, module).Set(2, state.ToWire()).Set(3, count).Run();
            }
        }
        DeadLetters.Write(this);
    }
}
