namespace Consumers.Core;

/// <summary>The key of everything: a settled key never runs again.</summary>
/// <param name="Series">1 for a new task; raised only by a replay.</param>
/// <param name="Attempt">Retry count + 1.</param>
public readonly record struct AttemptKey(string TaskId, int Series, int Attempt);
