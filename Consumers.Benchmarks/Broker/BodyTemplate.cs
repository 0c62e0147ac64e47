using System.Text;
using System.Text.Json;

namespace Consumers.Benchmarks;

/// <summary>Task bodies of 256 bytes that differ in their ids, made without allocating: filling a queue must not be what a run waits for.</summary>
internal sealed class BodyTemplate
{
    public const int Size = 256;

    /// <summary>As long as the rest of the body leaves room for.</summary>
    public static readonly string PayloadText = new('x', Size - Encode("").Length);

    private readonly byte[] _body = Encode(PayloadText);
    private readonly int _idAt;

    public BodyTemplate() => _idAt = _body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Guid.Empty.ToString()));

    /// <summary>Valid until the next call.</summary>
    public ReadOnlyMemory<byte> Next()
    {
        Guid.CreateVersion7().TryFormat(_body.AsSpan(_idAt), out _);
        return _body;
    }

    private static byte[] Encode(string text) => JsonSerializer.SerializeToUtf8Bytes(
        new BenchTask
        {
            Id = Guid.Empty.ToString(),
            Type = BenchTask.TypeName,
            Payload = new BenchPayload { Text = text },
            MaxRetries = 5,
            // Whole seconds, so that the length is known.
            CreatedAt = DateTimeOffset.UnixEpoch,
        },
        BenchJson.Default.BenchTask);
}
