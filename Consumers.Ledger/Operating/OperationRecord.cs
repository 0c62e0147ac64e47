using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>An operation over dead letters, with counts that every change of its items keeps.</summary>
internal sealed class OperationRecord
{
    public long Row { get; set; }

    /// <summary>Chosen by whoever asked.</summary>
    public required string Id { get; set; }

    public OperationKind Kind { get; set; }

    public OperationState State { get; set; }

    public required string Scope { get; set; }

    public required string Actor { get; set; }

    public string? Why { get; set; }

    /// <summary>The most it does in a thousand seconds.</summary>
    public long RateMilli { get; set; }

    public int Canary { get; set; }

    public int StopAtFailurePercent { get; set; }

    /// <summary>The modules of its items, parted by spaces.</summary>
    public required string Modules { get; set; }

    /// <summary>The canary has ended well enough, or somebody resumed in spite of it.</summary>
    public bool IsCanaryPassed { get; set; }

    /// <summary><see cref="Succeeded"/> when it was last resumed: what ended before was judged then.</summary>
    public long JudgedSucceeded { get; set; }

    /// <inheritdoc cref="JudgedSucceeded" />
    public long JudgedFailed { get; set; }

    public long Total { get; set; }

    public long Waiting { get; set; }

    public long Claimed { get; set; }

    public long Published { get; set; }

    /// <summary>Of the published ones, those whose outcome may still become known.</summary>
    public long Awaited { get; set; }

    public long Succeeded { get; set; }

    public long FailedAgain { get; set; }

    public long Discarded { get; set; }

    public long Skipped { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public string? Note { get; set; }

    /// <summary>There may be something left to do for whoever runs it.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Run id of the process that runs it: the fence for all it writes.</summary>
    public string? Owner { get; set; }

    /// <summary>The instance's name.</summary>
    public string? Runner { get; set; }

    /// <summary>What is published in the place of its only entry's body; null for a replay as it was.</summary>
    public byte[]? Body { get; set; }
}
