using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Consumers.Core;

namespace Consumers.Tests.Fire;

/// <summary>The load of a fire run, the same for the same seed, and the publisher's own history of it.</summary>
internal sealed class FireLoad(IFireBroker broker, ProcessHistory history, int seed)
{
    public const int PerSecond = 120;

    private const int Batch = 12;
    private readonly Random _random = new(seed);
    private readonly ConcurrentDictionary<string, bool> _confirmed = new();

    /// <summary>Confirmed tasks; poison is not among them.</summary>
    public IReadOnlyCollection<string> Confirmed => (IReadOnlyCollection<string>)_confirmed.Keys;

    /// <summary>Publishes at an even rate until it is enough; in-flight publishes are awaited.</summary>
    public async Task RunAsync(CancellationToken enough)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds((double)Batch / PerSecond), TimeProvider.System);
        var onTheirWay = new List<Task>();
        try
        {
            while (await timer.WaitForNextTickAsync(enough))
            {
                onTheirWay.RemoveAll(task => task.IsCompleted);
                // While the broker is away nothing is piled up beyond this.
                if (onTheirWay.Count < Batch * 40)
                {
                    onTheirWay.AddRange(Enumerable.Range(0, Batch).Select(_ => PublishAsync(Next())));
                }
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
        }
        await Task.WhenAll(onTheirWay);
    }

    private async Task PublishAsync(Message message)
    {
        var key = new AttemptKey(message.Id, message.IsPoison ? 0 : 1, 0);
        history.Write(HistoryEvents.Publish, key, 0, message.IsPoison ? $"op=invoke poison={Convert.ToHexString(SHA256.HashData(message.Body))}" : $"op=invoke max={message.MaxRetries}");
        var confirmed = await broker.PublishAsync(message.Id, message.Body);
        history.Write(HistoryEvents.Publish, key, 0, confirmed ? "op=ok" : "op=info");
        if (confirmed && !message.IsPoison)
        {
            _confirmed[message.Id] = true;
        }
    }

    /// <summary>87 % succeed, 8 % after a retry, 2 % fail for good, 2 % run out of retries, 1 % is no task.</summary>
    private Message Next()
    {
        var id = Guid.CreateVersion7().ToString();
        var delay = _random.Next(40, 120);
        return _random.Next(100) switch
        {
            < 87 => Probe(id, delay, 3, "ok"),
            < 95 => Probe(id, delay, 3, "retry", "ok"),
            < 97 => Probe(id, delay, 3, "fail"),
            < 99 => Probe(id, delay, 1, "retry"),
            _ => new Message(id, Encoding.UTF8.GetBytes($"{{\"id\":\"{id}\",\"type\":\"probe\",\"payload\":"), 0, IsPoison: true),
        };
    }

    private static Message Probe(string id, int delay, int maxRetries, params string[] steps) => new(
        id,
        Encoding.UTF8.GetBytes($$$"""{"id":"{{{id}}}","type":"probe","maxRetries":{{{maxRetries}}},"payload":{"delayMs":{{{delay}}},"steps":[{{{string.Join(',', steps.Select(step => $"\"{step}\""))}}}]}}"""),
        maxRetries,
        IsPoison: false);

    private sealed record Message(string Id, byte[] Body, int MaxRetries, bool IsPoison);
}
