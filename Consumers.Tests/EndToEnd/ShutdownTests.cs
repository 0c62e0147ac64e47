using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.EndToEnd;

public sealed class ShutdownTests
{
    [Fact]
    public async Task Sigterm_under_load_finishes_what_runs_exits_0_and_runs_nothing_twice()
    {
        await using var fleet = await Fleet.CreateAsync();
        var first = await fleet.StartAsync("consumer-1");
        var tasks = Enumerable.Range(0, 400).Select(_ => Fleet.Sleep(20)).ToArray();
        await Task.WhenAll(tasks.Select(task => fleet.Broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id)));
        await Eventually.TrueAsync(async () => Fleet.Of(await Fleet.StatsAsync(first), "completed") > 20, "work is under way");

        (await first.TerminateAsync()).ShouldBe(0, first.Output);
        var second = await fleet.StartAsync("consumer-2");
        await Fleet.QuiesceAsync(second, tasks.Length);

        var byFirst = 0;
        foreach (var task in tasks)
        {
            var found = (await Fleet.FindAsync(second, task.Id)).ShouldNotBeNull();
            found.GetProperty("status").GetString().ShouldBe("COMPLETED");
            found.GetProperty("attempts").GetArrayLength().ShouldBe(1, found.ToString());
            byFirst += found.GetProperty("workerId").GetString() == "consumer-1" ? 1 : 0;
        }
        byFirst.ShouldBeInRange(21, 399, "the first was stopped in the middle");
        // Not only suppressed by the guard: what was acknowledged at the stop was not delivered again at all.
        (await Fleet.StatsAsync(second)).GetProperty("instance").GetProperty("duplicates").GetInt64().ShouldBe(0);
    }

    [Fact]
    public async Task With_the_broker_away_the_host_runs_accepts_and_delivers_when_it_is_there()
    {
        await using var fleet = await Fleet.CreateAsync();
        await using var proxy = TcpProxy.Start(new Uri(fleet.Broker.Url));
        var closed = HostProcess.FreePort();
        var host = await fleet.StartAsync("consumer-1", new KeyValuePair<string, string>("RABBITMQ_URL", $"amqp://guest:guest@127.0.0.1:{closed}/"));

        using var answer = await host.Http.PostAsync(
            new Uri("/api/rabbit/tasks", UriKind.Relative),
            new StringContent("""{"id":"accepted","type":"sleep","payload":{"complexityMs":1}}""", System.Text.Encoding.UTF8, "application/json"));

        answer.StatusCode.ShouldBe(System.Net.HttpStatusCode.Accepted);
        (await Fleet.FindAsync(host, "accepted")).ShouldNotBeNull().GetProperty("status").GetString().ShouldBe("QUEUED");
        var page = await host.Http.GetStringAsync(new Uri("/rabbit", UriKind.Relative));
        page.ShouldContain("RabbitMQ");
        page.ShouldNotContain("guest:guest");
        (await host.TerminateAsync()).ShouldBe(0, host.Output);
        var next = await fleet.StartAsync("consumer-1");
        await Fleet.QuiesceAsync(next, 1);
    }
}
