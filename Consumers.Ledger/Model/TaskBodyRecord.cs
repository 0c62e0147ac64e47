namespace Consumers.Ledger;

/// <summary>What a task carries. In a table of its own, because SQLite rewrites the whole row on every transition, and a payload may be a mebibyte.</summary>
internal sealed class TaskBodyRecord
{
    public long TaskRow { get; set; }

    /// <summary>UTF-8 JSON, byte for byte.</summary>
    public required byte[] Payload { get; set; }

    /// <summary>Members of the message that this version does not know, as a JSON object.</summary>
    public string? Unknown { get; set; }
}
