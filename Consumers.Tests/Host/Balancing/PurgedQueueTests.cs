using System.Net;
using System.Text;
using System.Text.Json;
using Consumers.Core;
using Consumers.Host.Monitoring.Balancing;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Host.Balancing;

/// <summary>A real broker, whose queue somebody purges while tasks flow.</summary>
public sealed class PurgedQueueTests
{
    [Fact]
    public async Task A_queue_that_is_purged_under_load_is_found_counted_and_named()
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var host = await HostUnderTest.StartAsync([
            .. broker.Environmental().Select(setting => (setting.Key.Replace("__", ":", StringComparison.Ordinal), setting.Value)),
            ("Consumers:Scaling:Enabled", "false"),
            ("Consumers:Retry:Base", "00:00:00.100"),
            ("Consumers:Retry:Cap", "00:00:00.400"),
        ]);
        var probe = host.Services.GetRequiredService<BalanceProbe>();
        (probe.Interval, probe.Patience) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
        Task UntilAsync(string what, Func<Balance, bool> isSo, int seconds = 30) => Eventually.TrueAsync(
            () => new ValueTask<bool>(probe.Of("rabbit") is { } balance && isSo(balance)), () => $"{what}; it is {probe.Of("rabbit")}", TimeSpan.FromSeconds(seconds));
        var published = 0;
        async Task PublishAsync(int count, int milliseconds)
        {
            var tasks = Enumerable.Range(0, count).Select(_ => $$"""{"type":"sleep","payload":{"complexityMs":{{milliseconds}} } }""");
            var answer = await host.PostAsync("/api/rabbit/tasks/batch", $"[{string.Join(',', tasks)}]");
            answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
            published += count;
        }

        // Fault-free, a task that is retried and dead-lettered and what is no task among them: it balances, to the last one.
        await PublishAsync(200, 5);
        (await host.PostAsync("/api/rabbit/tasks", """{"type":"nobody-does-this","payload":null}""")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await host.PostAsync("/api/rabbit/tasks", """{"type":"flaky","maxRetries":2,"payload":{"mode":"retryable"}}""")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await broker.PublishAsync(Encoding.UTF8.GetBytes("no task"), null);
        await UntilAsync("the fault-free run balances", balance => balance is { Difference: 0, Unrecorded: 0, Waiting: 0, Running: 0, Completed: 200, Dead: 2, Published: 202 });

        // Under load: a backlog, and more that comes steadily.
        await PublishAsync(300, 100);
        using var enough = new CancellationTokenSource();
        var flow = Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                await PublishAsync(2, 20);
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
            }
        });
        await Eventually.TrueAsync(async () => await broker.ReadyAsync(broker.WorkQueue) > 200, "a backlog waits in the broker");
        var purged = (int)await broker.PurgeAsync("work");
        purged.ShouldBeGreaterThan(150);

        await UntilAsync("it is noticed", balance => balance.Standing is not null);
        // While tasks flow, those in motion cannot be told from missing ones; they are left out.
        probe.Of("rabbit")!.Standing!.AtLeast.ShouldBeInRange(purged - 30, purged);

        await enough.CancelAsync();
        await flow;
        await UntilAsync($"at rest all {purged} are named", balance => balance.Standing?.AtLeast == purged && balance.Difference == purged);

        var page = await (await host.GetAsync("/")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        page.ShouldContain($"at least <strong>{purged} tasks have</strong> no message");
        page.ShouldContain("href=\"/tasks?module=rabbit&amp;status=QUEUED\"");
        page.ShouldContain("./scripts/consumers tasks list rabbit --status QUEUED");
        var found = await (await host.GetAsync("/tasks?module=rabbit&status=QUEUED")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        found.ShouldContain("sleep");
        var told = (await host.JsonAsync("/api/fleet")).GetProperty("balance").EnumerateArray().Single(balance => balance.GetProperty("module").GetString() == "rabbit");
        told.GetProperty("difference").GetInt64().ShouldBe(purged);
        told.GetProperty("standing").GetProperty("atLeast").GetInt64().ShouldBe(purged);
        using var folder = new TempFolder();
        var (exit, output, error) = await HostProcess.RunAsync(["tasks", "list", "rabbit", "--status", "QUEUED", "--limit", "200", "--json", "--url", host.Address.ToString()], [], folder);
        exit.ShouldBe(0, error);
        JsonDocument.Parse(output).RootElement.GetProperty("items").GetArrayLength().ShouldBe(Math.Min(200, purged));

        // Whoever still has them publishes them again, and it balances.
        foreach (var task in await Lost(host))
        {
            await broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id);
        }
        await UntilAsync($"it balances again, and all {published} are done", balance => balance is { Difference: 0, Standing: null, Waiting: 0 } && balance.Completed == published, seconds: 90);
    }

    private static async Task<List<TaskMessage>> Lost(HostUnderTest host)
    {
        var queries = host.Services.GetRequiredService<ITaskQueries>();
        var lost = new List<TaskMessage>();
        string? after = null;
        do
        {
            var page = await queries.ListAsync(new TaskFilter("rabbit", TaskState.Queued), after, 200, TestContext.Current.CancellationToken);
            lost.AddRange(page.Items.Select(row => new TaskMessage { Id = row.Id, Type = row.Type, Payload = row.Payload, MaxRetries = row.MaxRetries, CreatedAt = row.CreatedAt }));
            after = page.Next;
        }
        while (after is not null);
        return lost;
    }
}
