namespace Consumers.Ledger;

/// <summary>The outcomes that the ledger itself writes, for begins that ended without one.</summary>
internal static class AttemptOutcomes
{
    /// <summary>Interrupted by shutdown.</summary>
    public const string HandedBack = "handed back";

    /// <summary>The process died, or lost its lease.</summary>
    public const string Died = "process died";
}
