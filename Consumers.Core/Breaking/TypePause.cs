namespace Consumers.Core;

/// <summary>A task type that this process does not run for now, and why.</summary>
/// <param name="Failed">Of <paramref name="Attempts"/>, when it was paused.</param>
/// <param name="NextProbeAt">From then on one task is tried; its outcome ends the pause or extends it.</param>
/// <param name="IsProbing">That task runs now.</param>
/// <param name="FailedProbes">Since the pause began.</param>
public sealed record TypePause(
    string Module, string Type, DateTimeOffset Since, int Failed, int Attempts, DateTimeOffset NextProbeAt, bool IsProbing, int FailedProbes, string? LastError);
