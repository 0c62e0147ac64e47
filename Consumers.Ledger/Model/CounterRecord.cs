using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>How many tasks of a module are in a state: kept in the transaction of every transition, so that no page counts rows.</summary>
internal sealed class CounterRecord
{
    public required string Module { get; set; }

    public TaskState Status { get; set; }

    public long Count { get; set; }
}
