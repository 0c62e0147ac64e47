namespace Consumers.Core;

/// <summary>A task as the ledger has it, read by an outsider.</summary>
public sealed record ProvenTask(string Id, TaskState State, int Series, int Attempt, int MaxRetries, IReadOnlyList<ProvenAttempt> Attempts);

/// <param name="HasOutcome">False for a begin that ended with its process, or was handed back.</param>
public sealed record ProvenAttempt(int Series, int Attempt, long Epoch, bool HasOutcome);
