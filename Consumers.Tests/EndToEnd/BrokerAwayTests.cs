using System.Net;
using System.Text;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.EndToEnd;

public sealed class BrokerAwayTests
{
    [Fact]
    public async Task Away_at_start_the_host_runs_says_so_accepts_and_delivers_when_the_broker_comes()
    {
        await using var fleet = await Fleet.CreateAsync();
        await using var proxy = TcpProxy.Start(new Uri(fleet.Broker.Url));
        proxy.IsClosed = true;
        var host = await fleet.StartAsync("consumer-1", new KeyValuePair<string, string>("RABBITMQ_URL", proxy.Url.ToString()));

        await PostAsync(host, "accepted");

        (await Fleet.FindAsync(host, "accepted")).ShouldNotBeNull().GetProperty("status").GetString().ShouldBe("QUEUED");
        var page = await host.Http.GetStringAsync(new Uri("/tasks/accepted", UriKind.Relative));
        page.ShouldContain("RabbitMQ is away since");
        page.ShouldNotContain("guest:guest");
        proxy.IsClosed = false;
        await Fleet.QuiesceAsync(host, 1);
    }

    [Fact]
    public async Task Away_later_it_reconnects_and_loses_nothing()
    {
        await using var fleet = await Fleet.CreateAsync();
        await using var proxy = TcpProxy.Start(new Uri(fleet.Broker.Url));
        var host = await fleet.StartAsync("consumer-1", new KeyValuePair<string, string>("RABBITMQ_URL", proxy.Url.ToString()));
        for (var i = 0; i < 200; i++)
        {
            await PostAsync(host, $"before-{i}");
        }
        await Eventually.TrueAsync(async () => Fleet.Of(await Fleet.StatsAsync(host), "completed") >= 5, "work is under way");

        proxy.IsClosed = true;
        proxy.ResetAll().ShouldBeGreaterThan(0, "a cut that cuts nothing proves nothing");
        await Eventually.TrueAsync(async () => (await host.Http.GetStringAsync(new Uri("/health/ready", UriKind.Relative))).Contains("degraded", StringComparison.Ordinal), "it says that the broker is away");
        for (var i = 0; i < 20; i++)
        {
            await PostAsync(host, $"meanwhile-{i}");
        }
        proxy.IsClosed = false;

        var stats = await Fleet.QuiesceAsync(host, 220);
        Fleet.Of(stats, "completed").ShouldBe(220);
        for (var i = 0; i < 200; i++)
        {
            var attempts = (await Fleet.FindAsync(host, $"before-{i}")).ShouldNotBeNull().GetProperty("attempts");
            attempts.GetArrayLength().ShouldBe(1, "what ran when the connection broke is not run again");
        }
    }

    private static async Task PostAsync(HostProcess host, string id)
    {
        using var content = new StringContent($$$"""{"id":"{{{id}}}","type":"sleep","payload":{"complexityMs":20}}""", Encoding.UTF8, "application/json");
        using var answer = await host.Http.PostAsync(new Uri("/api/rabbit/tasks", UriKind.Relative), content);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }
}
