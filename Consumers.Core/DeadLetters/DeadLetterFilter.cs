namespace Consumers.Core;

/// <summary>Every part is optional; null means any.</summary>
/// <param name="Reason">On the wire: <c>permanent</c>, <c>exhausted</c>, …; <c>broker</c> for one that the broker itself dead-lettered, <c>unknown</c> for one that says none.</param>
/// <param name="Cause">The id of a <see cref="DeadLetterCause"/>.</param>
/// <param name="From">Dead-lettered then or later.</param>
/// <param name="To">Dead-lettered before.</param>
/// <param name="Text">Anywhere in the task's id, its key or the error; ASCII letters match whatever their case.</param>
public sealed record DeadLetterFilter(
    string? Module = null,
    string? Type = null,
    string? Reason = null,
    string? Cause = null,
    DeadLetterState? State = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    string? Text = null);
