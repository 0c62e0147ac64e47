using System.Text.Json;
using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>What is published for a dead letter.</summary>
internal static class ReplayMessages
{
    public const string Refused = "the task has completed meanwhile, or runs now";

    /// <summary>The member that names the task whose place an edited one takes.</summary>
    public const string ReplayOf = "replayOf";

    /// <summary>
    /// A task as it was, with its retries counted anew; what is no task, byte for byte: whatever made it one meanwhile, a larger cap say, is not this code's to judge.
    /// Null when it cannot be replayed.
    /// </summary>
    public static ReplayMessage? Of(ClaimedItem item, int maxBodyBytes, int defaultMaxRetries, out string? why)
    {
        why = null;
        if (item.EditedBody is { } edited)
        {
            return new ReplayMessage(edited, item.TaskId, item.Key, ArchivedLetter.ReadHeaders(item.Headers), Series: 1);
        }
        if (item.IsCut || item.Body.Length > maxBodyBytes)
        {
            why = item.IsCut ? "the archive keeps only the head of its body" : $"its body has {item.Body.Length} bytes; at most {maxBodyBytes} are allowed (Consumers:MaxBodyBytes)";
            return null;
        }
        if (item is { TaskId: null, Type: not null })
        {
            // Its replay would be taken for a duplicate of that task, and vanish.
            why = "its id belongs to a task with other content: replay it with an edited payload, as a new task";
            return null;
        }
        var task = item.TaskId is null ? null : TaskMessageCodec.Decode(item.Body, item.TaskId, defaultMaxRetries, out _);
        return new ReplayMessage(task is null ? item.Body : TaskMessageCodec.Encode(task with { RetryCount = 0 }), item.TaskId, item.Key ?? task?.Key, ArchivedLetter.ReadHeaders(item.Headers), item.Series);
    }

    /// <summary>The body of an edited replay: another id, retries counted anew, and the task that it replays. Null when the body is no task.</summary>
    public static byte[]? Edited(ReadOnlyMemory<byte> body, string id, string replayOf, int defaultMaxRetries, out string? type, out string? why)
    {
        var task = TaskMessageCodec.Decode(body, id, defaultMaxRetries, out var malformed);
        (type, why) = (task?.Type, malformed?.Reason);
        if (task is null)
        {
            return null;
        }
        var unknown = new Dictionary<string, JsonElement>(task.Unknown ?? new Dictionary<string, JsonElement>(), StringComparer.Ordinal)
        {
            [ReplayOf] = JsonSerializer.SerializeToElement(replayOf),
        };
        return TaskMessageCodec.Encode(task with { Id = id, RetryCount = 0, Unknown = unknown });
    }
}

/// <summary>A claimed item with what is to be published for it.</summary>
/// <param name="IsCut">The archive has only the head of the body.</param>
/// <param name="Headers">A JSON array of pairs.</param>
internal sealed record ClaimedItem(
    long Position, long DeadLetterRow, string Module, string? Type, string? TaskId, string? Key, int Series, byte[] Body, bool IsCut, string Headers, byte[]? EditedBody);
