using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.EndToEnd;

/// <summary>Instances as processes of their own on a real broker, with one ledger, as a user runs them.</summary>
public sealed class Fleet : IAsyncDisposable
{
    private readonly List<HostProcess> _hosts = [];

    private Fleet(RabbitBroker broker) => Broker = broker;

    public RabbitBroker Broker { get; }

    public TempFolder Folder { get; } = new();

    public static async Task<Fleet> CreateAsync() => new(await RabbitBroker.ConnectAsync());

    /// <summary>What every process of this fleet is started with; retry tiers of milliseconds keep the tests short.</summary>
    public IEnumerable<KeyValuePair<string, string>> Environment => Broker.Environmental().Concat([
        new("Consumers__Retry__Base", "00:00:00.100"),
        new("Consumers__Retry__Cap", "00:00:00.400"),
        new("Logging__LogLevel__Default", "Warning"),
    ]);

    public async Task<HostProcess> StartAsync(string name, params KeyValuePair<string, string>[] more)
    {
        var host = await HostProcess.StartAsync(name, Environment.Concat(more), Folder);
        _hosts.Add(host);
        return host;
    }

    /// <summary>An instance that may die before it is ready.</summary>
    public HostProcess Launch(string name, params KeyValuePair<string, string>[] more)
    {
        var host = HostProcess.Launch(name, Environment.Concat(more), Folder);
        _hosts.Add(host);
        return host;
    }

    public static TaskMessage Sleep(int milliseconds) =>
        TaskMessage.Create("sleep", Encoding.UTF8.GetBytes($$"""{"complexityMs":{{milliseconds}}}"""), 3, TimeProvider.System.GetUtcNow());

    /// <summary>The task as the API tells it; null when it answers 404.</summary>
    public static async Task<JsonElement?> FindAsync(HostProcess host, string id, string module = "rabbit")
    {
        using var answer = await host.Http.GetAsync(new Uri($"/api/{module}/tasks/{id}", UriKind.Relative));
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public static async Task<JsonElement> StatsAsync(HostProcess host, string module = "rabbit")
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await host.Http.GetFromJsonAsync<JsonElement>(new Uri($"/api/{module}/stats", UriKind.Relative));
            }
            catch (HttpRequestException e) when (e.StatusCode is null && tries < 10 && !host.HasExited)
            {
                // A machine with no time left refuses a connection now and then; a host that is gone is another matter.
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
            }
            catch (HttpRequestException e) when (e.StatusCode is null)
            {
                throw new HttpRequestException($"The host does not answer; it {(host.HasExited ? "has ended" : "lives")}. Its output:\n{host.Output}", e);
            }
        }
    }

    /// <summary>Waits until this many tasks are final, and none is on its way.</summary>
    public static async Task<JsonElement> QuiesceAsync(HostProcess host, int tasks, TimeSpan? within = null, string module = "rabbit")
    {
        JsonElement stats = default;
        await Eventually.TrueAsync(
            async () =>
            {
                stats = await StatsAsync(host, module);
                return Of(stats, "completed") + Of(stats, "failed") == tasks && Of(stats, "processing") + Of(stats, "retrying") + Of(stats, "queued") == 0;
            },
            () => $"{tasks} tasks are final; last seen {stats}",
            within ?? TimeSpan.FromSeconds(120));
        return stats;
    }

    public static long Of(JsonElement stats, string name) => stats.GetProperty(name).GetInt64();

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }
        await Broker.DisposeAsync();
        Folder.Dispose();
    }
}
