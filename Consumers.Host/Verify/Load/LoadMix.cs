using System.Security.Cryptography;
using System.Text;

namespace Consumers.Host.Verify;

/// <summary>A message of the load.</summary>
/// <param name="Key">Kafka only.</param>
/// <param name="MaxRetries">Of a task; 0 for poison.</param>
/// <param name="Sha256">Of the body, when it is no task; else null.</param>
/// <param name="Copies">How often it is published under its id.</param>
internal sealed record LoadMessage(string Id, string? Key, byte[] Body, int MaxRetries, string? Sha256, int Copies);

/// <summary>
/// What is published to one module, the same for the same seed: 87 % succeed at once, 8 % after one or two retries, 1 % run out of retries, 2 % fail for good,
/// 1 % are no tasks, 1 % come twice. Bodies have 0.2 to 8 KiB.
/// </summary>
/// <param name="largest">Of a body, in bytes.</param>
/// <param name="hasCopies">False where nothing suppresses a duplicate: what comes twice would rightly run twice.</param>
internal sealed class LoadMix(string module, int seed, bool hasKeys, int largest, bool hasCopies = true)
{
    public const int Keys = 24;

    private readonly Random _random = new(seed ^ module[0]);
    private int _count;

    public LoadMessage Next()
    {
        var id = $"{module}-{++_count}";
        // Most are quick; one in ten holds its slot, so that every instance has something in hand whenever it is hit.
        var delay = _random.Next(10) == 0 ? _random.Next(150, 400) : _random.Next(0, 20);
        var size = (int)Math.Min(largest, 200 * Math.Pow(40, _random.NextDouble()));
        var key = hasKeys && _random.Next(2) == 0 ? $"k{_random.Next(Keys)}" : null;
        return _random.Next(100) switch
        {
            < 87 => Probe(id, key, delay, size, 3, 1, "ok"),
            < 91 => Probe(id, key, delay, size, 3, 1, "retry", "ok"),
            < 95 => Probe(id, key, delay, size, 3, 1, "retry", "retry", "ok"),
            < 96 => Probe(id, key, delay, size, 1, 1, "retry"),
            < 98 => Probe(id, key, delay, size, 3, 1, "fail"),
            < 99 => Malformed(id, size),
            _ => Probe(id, key, delay, size, 3, hasCopies ? 2 : 1, "ok"),
        };
    }

    private static LoadMessage Probe(string id, string? key, int delay, int size, int maxRetries, int copies, params string[] steps)
    {
        var said = string.Join(',', steps.Select(step => $"\"{step}\""));
        var head = $"{{\"id\":\"{id}\",\"type\":\"probe\",\"maxRetries\":{maxRetries},\"payload\":{{\"delayMs\":{delay},\"steps\":[{said}],\"padding\":\"";
        return new(id, key, Encoding.UTF8.GetBytes($"{head}{new string('x', Math.Max(0, size - head.Length - 3))}\"}}}}"), maxRetries, null, copies);
    }

    private static LoadMessage Malformed(string id, int size)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","type":"probe","payload":"{{new string('x', size)}}""");
        return new(id, null, body, 0, Convert.ToHexString(SHA256.HashData(body)), 1);
    }
}
