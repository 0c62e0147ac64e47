using System.Net.Http.Json;
using System.Text.Json;
using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Scaling;

/// <summary>Instances of the scaling module as processes of their own, on the real broker and a Redis of the test's own, each writing its history.</summary>
public sealed class ScalingFleet : IAsyncDisposable
{
    private static readonly string[] Counters = ["processed", "failed", "retried", "dead", "duplicates"];

    private readonly List<HostProcess> _hosts = [];

    private ScalingFleet(RabbitBroker broker, RedisServer redis) => (Broker, Redis) = (broker, redis);

    public RabbitBroker Broker { get; }

    public RedisServer Redis { get; }

    public TempFolder Folder { get; } = new();

    private string HistoryFolder => Path.Combine(Folder.Path, "history");

    /// <summary>All that any process of this fleet wrote.</summary>
    public IReadOnlyList<HistoryLine> History => !Directory.Exists(HistoryFolder) ? [] :
        [.. Directory.EnumerateFiles(HistoryFolder).SelectMany(ReadShared).Select(HistoryLine.Parse).OfType<HistoryLine>()];

    public static async Task<ScalingFleet> CreateAsync() => new(await RabbitBroker.ConnectAsync(), await RedisServer.StartAsync());

    public IEnumerable<KeyValuePair<string, string>> Environment => Broker.Environmental("Scaling").Concat([
        new("REDIS_URL", Redis.Url.ToString()),
        new("Consumers__Scaling__Enabled", "true"),
        new("Consumers__Rabbit__Enabled", "false"),
        new("Consumers__History__Folder", HistoryFolder),
        new("Consumers__Retry__Base", "00:00:00.100"),
        new("Consumers__Retry__Cap", "00:00:00.400"),
        new("Logging__LogLevel__Default", "Warning"),
    ]);

    public async Task<HostProcess> StartAsync(string name, params KeyValuePair<string, string>[] more)
    {
        var host = await HostProcess.StartAsync(name, Environment.Concat(more), Folder);
        lock (_hosts)
        {
            _hosts.Add(host);
        }
        await Broker.UntilDeclaredAsync();
        return host;
    }

    public Task<HostProcess[]> StartAllAsync(params string[] names) => Task.WhenAll(names.Select(name => StartAsync(name)));

    public HostProcess Launch(string name)
    {
        var host = HostProcess.Launch(name, Environment, Folder);
        _hosts.Add(host);
        return host;
    }

    /// <summary>Published as any AMQP client does. Returns the ids.</summary>
    public async Task<string[]> PublishAsync(int count, int milliseconds)
    {
        var tasks = Enumerable.Range(0, count).Select(_ => EndToEnd.Fleet.Sleep(milliseconds)).ToArray();
        foreach (var some in tasks.Chunk(250))
        {
            await Task.WhenAll(some.Select(task => Broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id)));
        }
        return Array.ConvertAll(tasks, task => task.Id);
    }

    /// <summary>The counter in Redis, by instance.</summary>
    public async Task<Dictionary<string, long>> CountersAsync(string counter, params string[] names)
    {
        var counts = new Dictionary<string, long>();
        foreach (var name in names)
        {
            counts[name] = await Redis.CounterAsync(name, counter);
        }
        return counts;
    }

    /// <summary>Waits until the instances have counted so many tasks as processed, all together.</summary>
    public async Task<Dictionary<string, long>> ProcessedAsync(long tasks, params string[] names)
    {
        Dictionary<string, long> counts = [];
        await Eventually.TrueAsync(
            async () => (counts = await CountersAsync("processed", names)).Values.Sum() >= tasks,
            () => $"{tasks} tasks are processed; it is {string.Join(", ", counts)}, with {string.Join("; ", Counters.Select(counter => $"{counter} {CountersAsync(counter, names).Result.Values.Sum()}"))}",
            TimeSpan.FromSeconds(180));
        return counts;
    }

    public static Task<JsonElement> StatsAsync(HostProcess host) => host.Http.GetFromJsonAsync<JsonElement>(new Uri("/api/scaling/stats", UriKind.Relative));

    /// <summary>What one instance says of all: name to state.</summary>
    public static async Task<Dictionary<string, string>> StatesAsync(HostProcess host)
    {
        var fleet = await host.Http.GetFromJsonAsync<JsonElement>(new Uri("/api/fleet", UriKind.Relative));
        return fleet.GetProperty("instances").EnumerateArray().ToDictionary(instance => instance.GetProperty("name").GetString()!, instance => instance.GetProperty("state").GetString()!);
    }

    /// <summary>Files that are being written.</summary>
    private static IEnumerable<string> ReadShared(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }
        await Broker.DisposeAsync();
        await Redis.DisposeAsync();
        Folder.Dispose();
    }
}
