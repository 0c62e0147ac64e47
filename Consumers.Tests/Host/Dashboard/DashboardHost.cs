using System.Text.Json;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Host.Dashboard;

/// <summary>A host with all modules and something to see on every page. Nothing of it outlives the process: broker and cluster are embedded.</summary>
public sealed class DashboardHost : IAsyncLifetime
{
    private HostUnderTest _host = null!;

    public HostUnderTest Host => _host;

    public Uri Address => _host.Address;

    /// <summary>Every page, by the name of its picture.</summary>
    public IReadOnlyList<(string Name, string Path)> Pages { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        _host = await HostUnderTest.StartAsync(("Consumers:Kafka:Enabled", "true"), ("KAFKA_BOOTSTRAP_SERVERS", "embedded"));
        await PublishAsync("rabbit", Enumerable.Range(0, 60).Select(i => Task($"done-{i}", "sleep", new { complexityMs = i })));
        await PublishAsync("rabbit", [Task("waits", "flaky", new { failTimes = 3, retryAfterMs = 600_000 }, "customer-42")]);
        await PublishAsync("rabbit", Enumerable.Range(0, 8).Select(i => Task($"failed-{i}", "flaky", new { mode = "permanent", reason = $"no such address: {new string('x', 10 * i)}@example.com" })));
        await PublishAsync("scaling", Enumerable.Range(0, 20).Select(i => Task($"shared-{i}", "sleep", new { complexityMs = 5 })));
        await PublishAsync("kafka", Enumerable.Range(0, 20).Select(i => Task($"kafka-{i}", "sleep", new { complexityMs = 5 }, "customer-42")));
        await _host.WaitForAsync("waits", "RETRYING");
        await _host.WaitForAsync("failed-7", "FAILED");
        var letters = default(JsonElement);
        await Eventually.TrueAsync(async () => (letters = (await _host.JsonAsync("/api/dead-letters")).GetProperty("items")).GetArrayLength() == 8, "the dead letters are archived");
        var letter = Uri.EscapeDataString(letters[0].GetProperty("id").GetString()!);
        (await _host.PostAsync($"/api/dead-letters/{letters[1].GetProperty("id").GetString()}/replay", """{"by":"anna"}""")).EnsureSuccessStatusCode();
        var operation = (await _host.JsonAsync("/api/operations")).GetProperty("items")[0].GetProperty("id").GetString();
        (await _host.PostAsync("/api/rabbit/types/report/pause", """{"by":"anna","why":"the disk is full"}""")).EnsureSuccessStatusCode();
        Pages =
        [
            ("fleet", "/"), ("fleet-day", "/?range=24h"), ("rabbit", "/rabbit"), ("kafka", "/kafka"), ("scaling", "/scaling"), ("instances", "/instances"),
            ("tasks", "/tasks"), ("tasks-none", "/tasks?type=nothing"), ("task-done", "/tasks/done-7"), ("task-waits", "/tasks/waits"), ("task-failed", "/tasks/failed-7"), ("task-unknown", "/tasks/nobody-knows"),
            ("dead-letters", "/dead-letters"), ("dead-letter", $"/dead-letters/{letter}"), ("dead-letter-edit", $"/dead-letters/{letter}/edit"),
            ("confirm", $"/dead-letters/confirm?kind=replay&ids={letter}"), ("operations", "/operations"), ("operation", $"/operations/{operation}"), ("audit", "/audit"), ("pausing", "/pausing/rabbit"), ("gone", "/no-such-page"),
        ];
    }

    public Uri Url(string path) => new(Address, path);

    public Task StopAsync() => _host.DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private async Task PublishAsync(string module, IEnumerable<string> tasks) =>
        (await _host.PostAsync($"/api/{module}/tasks/batch", string.Join('\n', tasks), "application/x-ndjson")).EnsureSuccessStatusCode();

    private static string Task(string id, string type, object payload, string? key = null) => JsonSerializer.Serialize(new { id, type, payload, key });
}
