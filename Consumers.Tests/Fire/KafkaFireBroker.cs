using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Confluent.Kafka;
using Consumers.Core;
using Consumers.Host.Proof;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Fire;

/// <summary>A Kafka cluster as a client that is not ours sees it.</summary>
internal sealed class KafkaFireBroker(KafkaBroker broker) : IFireBroker
{
    /// <summary>By the hash of the body: what is no task says no id, and is found by its bytes.</summary>
    private readonly ConcurrentDictionary<string, string> _published = new();

    public string Module => "kafka";

    public IEnumerable<KeyValuePair<string, string>> Environmental() => broker.Environmental().Append(new("Consumers__Kafka__Workers", "10"));

    public Task DeclareAsync() => Task.CompletedTask;

    public async Task<bool> PublishAsync(string id, ReadOnlyMemory<byte> body)
    {
        _published[Convert.ToHexString(SHA256.HashData(body.Span))] = id;
        try
        {
            await broker.PublishAsync(body);
            return true;
        }
        catch (KafkaException)
        {
            return false;
        }
    }

    public async Task<IReadOnlyDictionary<string, long>?> DepthsAsync()
    {
        try
        {
            return new Dictionary<string, long> { [broker.WorkTopic] = await broker.LagAsync(), [broker.RetryPrefix] = await broker.RetryLagAsync() };
        }
        catch (KafkaException)
        {
            return null;
        }
    }

    public ValueTask DisposeAsync() => broker.DisposeAsync();

    public async Task<IReadOnlyList<DeadLetterSeen>> ReadDeadLettersAsync() => [.. (await broker.ReadAsync(broker.DeadLetterTopic)).Select(Seen)];

    private DeadLetterSeen Seen(ConsumeResult<byte[]?, byte[]?> record)
    {
        string Text(string name) => record.Message.Headers.TryGetLastBytes(name, out var value) ? Encoding.UTF8.GetString(value) : "";
        int Number(string name) => int.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        var hash = Convert.ToHexString(SHA256.HashData(record.Message.Value ?? []));
        var id = TaskMessageCodec.Decode(record.Message.Value, Text(TaskHeaders.Origin), 5, out _)?.Id ?? _published.GetValueOrDefault(hash, "-");
        return new(id, Number(TaskHeaders.Series), Number(TaskHeaders.Attempt), Text(TaskHeaders.DeadReason), hash);
    }
}
