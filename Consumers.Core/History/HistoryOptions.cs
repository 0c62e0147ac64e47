namespace Consumers.Core;

/// <summary>Section <c>Consumers:History</c>.</summary>
public sealed class HistoryOptions
{
    public const string Section = "Consumers:History";

    /// <summary>Where this process writes the history of what it does, a file of its own; made when it is missing. Default none: nothing is written.</summary>
    public string? Folder { get; set; }
}
