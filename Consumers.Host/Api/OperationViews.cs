using Consumers.Core;

namespace Consumers.Host.Api;

/// <param name="Id">Chosen by you, once for every intent: asked twice it is one operation. Absent: a new one. 1–64 characters of <c>A-Za-z0-9._:-</c>.</param>
/// <param name="Kind"><c>replay</c> or <c>discard</c>.</param>
/// <param name="Filter">All dead ones that match; or <paramref name="Ids"/>.</param>
/// <param name="CutOff">Of the preview.</param>
/// <param name="ExpectedCount">Of the preview; it must still hold.</param>
/// <param name="Rate">At most so many a second, 0.1–10,000.</param>
/// <param name="Canary">So many first; the rest only when these have ended well enough.</param>
/// <param name="StopAtFailurePercent">Stops when more than this share failed again, 1–100; default 50.</param>
internal sealed record OperationBody(
    string? Id, string? Kind, DeadLetterQuery? Filter, IReadOnlyList<string>? Ids, long? CutOff, long? ExpectedCount, string? By, string? Why, double? Rate, int? Canary, int? StopAtFailurePercent);

/// <param name="By">Who asks; nobody checks it. Cut after 40 characters.</param>
internal sealed record ChangeBody(string? By = null);

internal sealed record OperationListView(IReadOnlyList<OperationView> Items, string? Next);

/// <param name="Kind"><c>replay</c> or <c>discard</c>.</param>
/// <param name="State"><c>running</c>, <c>paused</c>, <c>stopped</c> (too many failed again), <c>cancelled</c> or <c>done</c>.</param>
/// <param name="Scope">What was chosen, in words.</param>
/// <param name="Published">With the broker; how they end is not known yet.</param>
/// <param name="Runner">The instance that runs it; null when none does.</param>
internal sealed record OperationView(
    string Id, string Kind, string State, string Scope, string By, string? Why, double Rate, int Canary, int StopAtFailurePercent,
    long Total, long Waiting, long Published, long Succeeded, long FailedAgain, long Discarded, long Skipped, DateTimeOffset CreatedAt, DateTimeOffset? EndedAt, string? Note, string? Runner)
{
    public static OperationView From(Operation operation) => new(
        operation.Id, operation.Kind.ToWire(), operation.State.ToWire(), operation.Scope, operation.By, operation.Why, operation.Rate, operation.Canary, operation.StopAtFailurePercent,
        operation.Total, operation.Waiting, operation.Published, operation.Succeeded, operation.FailedAgain, operation.Discarded, operation.Skipped,
        operation.CreatedAt, operation.EndedAt, operation.Note, operation.Runner);
}

internal sealed record OperationItemListView(IReadOnlyList<OperationItemView> Items, string? Next);

/// <param name="TaskId">The task that runs now.</param>
/// <param name="State"><c>waiting</c>, <c>claimed</c>, <c>published</c>, <c>succeeded</c>, <c>failed-again</c>, <c>discarded</c> or <c>skipped</c>.</param>
internal sealed record OperationItemView(string DeadLetterId, string? TaskId, string State, DateTimeOffset? At, string? Error)
{
    public static OperationItemView From(OperationItem item) => new(item.DeadLetterId, item.TaskId, item.State.ToWire(), item.At, item.Error);
}

internal sealed record AuditListView(IReadOnlyList<AuditEntry> Items, long? Next);
