namespace Consumers.Core;

/// <summary>Dead letters that failed in the same way, as far as their errors tell.</summary>
/// <param name="Id">For links and filters; stable for the same cause.</param>
/// <param name="Type">Null for bodies that are no tasks.</param>
/// <param name="Error">The error with ids and numbers masked out.</param>
/// <param name="Place">Where the exception came from; null when it is not known.</param>
/// <param name="Dead">Entries of it that are dead now.</param>
/// <param name="FirstAt">When an entry of it came first.</param>
/// <param name="LastAt">When an entry of it came last.</param>
/// <param name="Recent">How many came in each of the last 24 hours, the oldest first.</param>
public sealed record DeadLetterCause(
    string Id,
    string Module,
    string? Type,
    string Reason,
    string Error,
    string? Place,
    long Dead,
    long Replayed,
    long Discarded,
    DateTimeOffset FirstAt,
    DateTimeOffset LastAt,
    IReadOnlyList<int> Recent);
