using System.Text;
using System.Text.Json;
using Consumers.Core;
using Consumers.Host.Texts;

namespace Consumers.Host.DeadLetters;

/// <summary>A dead letter's body as somebody has mended it: another payload of its task, or, of what was no task, another message.</summary>
internal static class EditedTask
{
    /// <summary>What is there to be edited; null when the bytes are no text.</summary>
    public static string? TextOf(ReadOnlyMemory<byte> body)
    {
        if (BodyView.Of(body).Task is { } task)
        {
            return JsonText.Indented(task.Payload);
        }
        return System.Text.Unicode.Utf8.IsValid(body.Span) ? Encoding.UTF8.GetString(body.Span) : null;
    }

    /// <summary>The bytes to replay, or what is wrong with the edited text.</summary>
    /// <param name="text">A payload when the dead letter is a task, else a whole message.</param>
    public static (ReadOnlyMemory<byte> Body, string? Error) Compose(ReadOnlyMemory<byte> dead, string text, int maxBodyBytes)
    {
        var edited = Encoding.UTF8.GetBytes(text);
        byte[] body;
        if (BodyView.Of(dead).Task is { } task)
        {
            try
            {
                using var document = JsonDocument.Parse(edited, new JsonDocumentOptions { MaxDepth = TaskMessageCodec.MaxDepth - 1 });
            }
            catch (JsonException e)
            {
                return (default, $"The payload is not JSON: {TaskHeaders.CleanError(e.Message)}");
            }
            // A replay begins its attempts anew.
            body = TaskMessageCodec.Encode(task with { Payload = edited, RetryCount = 0 });
        }
        else
        {
            body = edited;
            if (TaskMessageCodec.Decode(body, "given-anew", 0, out var malformed) is null)
            {
                return (default, $"This is still no task: {malformed!.Reason}.");
            }
        }
        return body.Length <= maxBodyBytes ? (body, null) : (default, $"The task would have {body.Length} bytes as a message; {maxBodyBytes} are allowed (Consumers:MaxBodyBytes).");
    }
}
