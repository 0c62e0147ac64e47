namespace Consumers.Ledger;

/// <summary>A module, or one of its task types, that is paused.</summary>
internal sealed class PauseRecord
{
    /// <summary>The <see cref="Type"/> of a pause of the whole module: no task type is empty.</summary>
    public const string WholeModule = "";

    public required string Module { get; set; }

    public required string Type { get; set; }

    public DateTimeOffset Since { get; set; }

    /// <summary>Who.</summary>
    public required string Actor { get; set; }

    public string? Reason { get; set; }
}
