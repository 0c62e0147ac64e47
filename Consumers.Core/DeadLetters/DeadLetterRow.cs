namespace Consumers.Core;

/// <summary>One entry of the archive, without its body.</summary>
/// <param name="Id">Of the entry, for links and commands; not the task's.</param>
/// <param name="Seq">Rises over the whole archive whenever an entry comes or comes again: an entry at or below a cut-off is as it was then.</param>
/// <param name="TaskId">Null when the body is no task.</param>
/// <param name="Type">Null when the body is no task.</param>
/// <param name="Series">Of the task when it failed last; 1 when the body is no task.</param>
/// <param name="Attempts">In that series.</param>
/// <param name="Times">How often it was dead-lettered: 1, and one more for every replay that failed again.</param>
/// <param name="ReplayedAs">The id of the edited task that took its place; null for a replay as it was, or none.</param>
/// <param name="Operation">The last operation that took it up; null when none did.</param>
public sealed record DeadLetterRow(
    string Id,
    long Seq,
    string Module,
    string Source,
    string? Origin,
    string? TaskId,
    string? Type,
    string? Key,
    int Series,
    string Reason,
    string Cause,
    string Error,
    int Attempts,
    int Times,
    DateTimeOffset? FirstFailureAt,
    DateTimeOffset DeadAt,
    string? ConsumerId,
    long BodyBytes,
    DeadLetterState State,
    string? ReplayedAs,
    string? Operation);

/// <param name="Next">Hand it back as <c>after</c> for the next page; null on the last.</param>
public sealed record DeadLetterPage(IReadOnlyList<DeadLetterRow> Items, string? Next);

/// <param name="Body">Byte for byte; only its head when the whole is larger than what is kept.</param>
/// <param name="Sha256">Of the whole body, in hex, when <paramref name="Body"/> is only its head; else null.</param>
public sealed record DeadLetterDetails(DeadLetterRow Row, ReadOnlyMemory<byte> Body, IReadOnlyList<KeyValuePair<string, string>> Headers, string? Sha256 = null);
