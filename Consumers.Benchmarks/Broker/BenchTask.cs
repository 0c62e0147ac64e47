using System.Text.Json;
using System.Text.Json.Serialization;

namespace Consumers.Benchmarks;

/// <summary>The task as a program that knows only this one type would declare it: what every variant but the fleet's decodes and encodes. Public for MassTransit.</summary>
public sealed class BenchTask
{
    public string Id { get; set; } = "";

    public string Type { get; set; } = "";

    public BenchPayload Payload { get; set; } = new();

    public int RetryCount { get; set; }

    public int MaxRetries { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    internal static BenchTask Create(Guid id, DateTimeOffset now) => new()
    {
        Id = id.ToString(),
        Type = TypeName,
        Payload = new BenchPayload { Text = BodyTemplate.PayloadText },
        MaxRetries = 5,
        CreatedAt = now,
    };

    internal const string TypeName = "bench";
}

public sealed class BenchPayload
{
    /// <summary>As it travels: UTF-8 JSON.</summary>
    internal static readonly byte[] Json = JsonSerializer.SerializeToUtf8Bytes(new BenchPayload { Text = BodyTemplate.PayloadText }, BenchJson.Default.BenchPayload);

    public string Text { get; set; } = "";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BenchTask))]
[JsonSerializable(typeof(BenchPayload))]
internal sealed partial class BenchJson : JsonSerializerContext;
