using System.Text.Json;
using System.Text.Json.Serialization;

namespace Consumers.Core;

/// <summary>Announces a transition after it is durable. May arrive twice; <see cref="Seq"/> rises per task and tells which is newer.</summary>
public sealed record StatusEvent(
    string Id,
    string Type,
    string Status,
    int Attempt,
    int Series,
    long Seq,
    string WorkerId,
    DateTimeOffset At,
    string? Error)
{
    /// <summary><c>task.&lt;type&gt;.&lt;status&gt;</c>; a dot in the type becomes <c>-</c>, so that <c>task.*.failed</c> matches every type (DESIGN §4).</summary>
    public string RoutingKey() =>
        $"task.{Type.Replace('.', '-')}.{Status.ToLowerInvariant()}";

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, StatusJson.Default.StatusEvent);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(StatusEvent))]
internal sealed partial class StatusJson : JsonSerializerContext;
