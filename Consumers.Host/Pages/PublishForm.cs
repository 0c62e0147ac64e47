using System.ComponentModel.DataAnnotations;
using System.Text;
using System.Text.Json;
using Consumers.Core;
using Consumers.Host.Api;

namespace Consumers.Host.Pages;

/// <summary>What the publish form asks for.</summary>
internal sealed class PublishForm
{
    [Required(ErrorMessage = "The type is missing: it says which handler does the task.")]
    public string Type { get; set; } = "sleep";

    public string? Payload { get; set; } = """{"complexityMs":50}""";

    [Range(1, 1000, ErrorMessage = "The count must be 1 to 1000; for more use the command line.")]
    public int Count { get; set; } = 1;

    [StringLength(TaskMessageCodec.MaxKeyLength, ErrorMessage = "The key may have at most 512 characters.")]
    public string? Key { get; set; }

    /// <param name="wrong">Called with the member and what is wrong with it.</param>
    public IReadOnlyList<TaskMessage> ToMessages(TaskIntake intake, DateTimeOffset now, Action<string, string> wrong)
    {
        if (!TaskName.IsValid(Type))
        {
            wrong(nameof(Type), $"The type must be {TaskName.Rule}.");
            return [];
        }
        var payload = Encoding.UTF8.GetBytes(string.IsNullOrWhiteSpace(Payload) ? "null" : Payload);
        try
        {
            using var document = JsonDocument.Parse(payload, new JsonDocumentOptions { MaxDepth = TaskMessageCodec.MaxDepth - 1 });
        }
        catch (JsonException e)
        {
            wrong(nameof(Payload), $"The payload is not JSON: {e.Message}");
            return [];
        }
        var template = TaskMessage.Create(Type, payload, intake.DefaultMaxRetries, now) with { Key = string.IsNullOrEmpty(Key) ? null : Key };
        if (TaskMessageCodec.Encode(template).Length > intake.MaxBodyBytes)
        {
            wrong(nameof(Payload), $"The task would have more than {intake.MaxBodyBytes} bytes as a message (Consumers:MaxBodyBytes).");
            return [];
        }
        return [.. Enumerable.Range(0, Count).Select(_ => template with { Id = Guid.CreateVersion7(now).ToString() })];
    }
}
