using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>How many dead letters of a module are in a state: kept by every change, so that no page counts rows.</summary>
internal sealed class DeadLetterCounterRecord
{
    public required string Module { get; set; }

    public DeadLetterState State { get; set; }

    public long Count { get; set; }
}
