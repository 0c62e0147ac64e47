using System.Text.Json;
using Consumers.Core;

namespace Consumers.Host.Api;

internal sealed record AcceptedView(string Id, string Status);

internal sealed record BatchView(int Accepted, IReadOnlyList<string> Ids, IReadOnlyList<RejectedView> Rejected);

internal sealed record RejectedView(int Index, string Error);

internal sealed record TaskListView(IReadOnlyList<TaskView> Items, string? Next);

/// <summary>A task of which no row is written: all that is known of it is its status.</summary>
internal sealed record TaskStatusView(string Id, string Module, string Status, IReadOnlyList<AttemptView> Attempts);

/// <summary>The row of DESIGN §6, with its module.</summary>
/// <param name="PayloadOmitted">In lists: true for a payload that is too long to be listed; ask for the task itself.</param>
internal sealed record TaskView(
    string Id,
    string Module,
    string Type,
    JsonElement Payload,
    bool PayloadOmitted,
    string? Key,
    string Status,
    string? WorkerId,
    int RetryCount,
    int MaxRetries,
    int Series,
    DateTimeOffset? StartTime,
    DateTimeOffset? CompletedTime,
    DateTimeOffset? DueAt,
    string? DeadReason,
    string? ErrorMessage,
    DateTimeOffset CreatedAt,
    IReadOnlyList<AttemptView>? Attempts)
{
    private const int LongestListedPayload = 16 * 1024;

    private static readonly JsonElement Null = JsonElement.Parse("null");

    public static TaskView Listed(TaskRow row) =>
        From(row, row.Payload.IsEmpty || row.Payload.Length > LongestListedPayload, null);

    public static TaskView Whole(TaskDetails details) =>
        From(details.Task, false, [.. details.Attempts.Select(AttemptView.From)]);

    private static TaskView From(TaskRow row, bool omitPayload, IReadOnlyList<AttemptView>? attempts) => new(
        row.Id, row.Module, row.Type, omitPayload ? Null : Parse(row.Payload), omitPayload, row.Key, row.State.ToWire(), row.WorkerId,
        row.RetryCount, row.MaxRetries, row.Series, row.StartTime, row.CompletedTime, row.DueAt, row.DeadReason, row.ErrorMessage, row.CreatedAt, attempts);

    /// <summary>A row that another program wrote may hold what is no JSON: shown as text then, so that the rest of the answer stays.</summary>
    private static JsonElement Parse(ReadOnlyMemory<byte> payload)
    {
        try
        {
            return JsonElement.Parse(payload.Span);
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(System.Text.Encoding.UTF8.GetString(payload.Span));
        }
    }
}

internal sealed record AttemptView(
    int Series,
    int Attempt,
    string WorkerId,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    string? Outcome,
    string? Error,
    DateTimeOffset? DueAt,
    string? TraceId)
{
    public static AttemptView From(AttemptRow row) => new(row.Series, row.Attempt, row.WorkerId, row.StartedAt, row.EndedAt, row.Outcome, row.Error, row.DueAt, row.TraceId);
}
