using System.Diagnostics;
using System.Text.Json;
using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Api;

/// <summary>Bytes from a caller to a task that can be accepted, or what is wrong with them.</summary>
internal sealed class TaskIntake(IOptions<ConsumersOptions> options, TimeProvider time)
{
    public int MaxBodyBytes => options.Value.MaxBodyBytes;

    public int DefaultMaxRetries => options.Value.DefaultMaxRetries;

    public (TaskMessage? Message, TaskRefusal? Refusal) Read(ReadOnlyMemory<byte> json)
    {
        var now = time.GetUtcNow();
        var message = TaskMessageCodec.Decode(json, Guid.CreateVersion7(now).ToString(), DefaultMaxRetries, out var malformed);
        if (message is null)
        {
            return (null, TaskRefusal.From(malformed!.Reason, IsJson(json)));
        }
        message = message with { CreatedAt = message.CreatedAt ?? now, AcceptedIn = Activity.Current is { Recorded: true, Id: { } request } ? request : null };
        // What is published carries more members than what came: it must fit too, or the row could never leave.
        return TaskMessageCodec.Encode(message).Length > MaxBodyBytes ? (null, TaskRefusal.TooLarge(MaxBodyBytes)) : (message, null);
    }

    private static bool IsJson(ReadOnlyMemory<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = TaskMessageCodec.MaxDepth });
            while (reader.Read())
            {
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

/// <summary>Why a task was not accepted.</summary>
/// <param name="Pointer">JSON pointer to the member that is wrong; empty for the whole.</param>
internal sealed record TaskRefusal(int Status, string Pointer, string Error)
{
    public static TaskRefusal TooLarge(int cap) =>
        new(StatusCodes.Status413PayloadTooLarge, "", $"the task has more than {cap} bytes as a message (Consumers:MaxBodyBytes)");

    public static readonly TaskRefusal Conflict =
        new(StatusCodes.Status409Conflict, "/id", "this id names another task already; the same id is accepted again only with the same type and payload");

    public static readonly TaskRefusal Unconfirmed =
        new(StatusCodes.Status503ServiceUnavailable, "", "the broker did not confirm it, so it may or may not have arrived: send it again, with the same id");

    /// <param name="reason">Of the decoder, such as <c>$.type is missing</c>.</param>
    public static TaskRefusal From(string reason, bool isJson)
    {
        var status = isJson ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status400BadRequest;
        if (!reason.StartsWith('$'))
        {
            return new(status, "", reason);
        }
        var end = reason.IndexOfAny([' ', ':']);
        var path = end < 0 ? reason : reason[..end];
        return new(status, path[1..].Replace('.', '/'), reason);
    }

    public IResult ToResult() => Problems.Of(Status, Status switch
    {
        StatusCodes.Status409Conflict => "The id is taken",
        StatusCodes.Status413PayloadTooLarge => "Too large",
        StatusCodes.Status400BadRequest => "Not JSON",
        _ => "Not a task",
    }, $"The task was not accepted: {Error}.", Pointer, Error);
}
