using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Host;

/// <summary>A paused task type, as people and programs see it.</summary>
public sealed class PauseTests
{
    [Fact]
    public async Task A_paused_type_is_shown_with_its_reason_on_its_page_its_tasks_and_in_the_api()
    {
        await using var host = await HostUnderTest.StartAsync(
            ("Consumers:Handlers:Types:flaky:Breaker", "true"),
            ("Consumers:Breaker:MinimumThroughput", "2"),
            ("Consumers:Breaker:BreakDuration", "00:01:00"));
        foreach (var id in (string[])["first", "second", "third"])
        {
            await host.PostAsync("/api/rabbit/tasks", $$$"""{"id":"{{{id}}}","type":"flaky","payload":{"failTimes":9}}""");
        }
        await Eventually.TrueAsync(async () => (await host.JsonAsync("/api/rabbit/stats")).GetProperty("breakers").GetArrayLength() == 1, "a breaker is open");

        var stats = await host.JsonAsync("/api/rabbit/stats");
        var breaker = stats.GetProperty("breakers")[0];
        breaker.GetProperty("type").GetString().ShouldBe("flaky");
        breaker.GetProperty("state").GetString().ShouldBe("open");
        breaker.GetProperty("failed").GetInt32().ShouldBe(2);
        breaker.GetProperty("attempts").GetInt32().ShouldBe(2);
        (await TextAsync(host, "/rabbit")).ShouldContain("Task type flaky is paused since");
        await Eventually.TrueAsync(async () => (await TextAsync(host, "/tasks/first")).Contains("It does not run, because its type is paused", StringComparison.Ordinal), "the task's page says why it does not run");
        (await TextAsync(host, "/tasks/first")).ShouldContain("because 2 of 2 attempts failed");
        await Eventually.TrueAsync(async () => (await host.JsonAsync("/api/rabbit/stats")).GetProperty("instance").GetProperty("paused").GetInt64() >= 2, "parked deliveries are counted");

        await host.PostAsync("/api/rabbit/tasks", """{"id":"other","type":"sleep","payload":{"complexityMs":1}}""");
        await host.WaitForAsync("other", "COMPLETED");
    }

    [Fact]
    public async Task Flaky_tasks_fail_on_purpose_and_are_never_paused()
    {
        await using var host = await HostUnderTest.StartAsync(("Consumers:Breaker:MinimumThroughput", "2"));
        for (var i = 0; i < 10; i++)
        {
            await host.PostAsync("/api/rabbit/tasks", $$$"""{"id":"flaky-{{{i}}}","type":"flaky","payload":{"failTimes":2}}""");
        }
        for (var i = 0; i < 10; i++)
        {
            await host.WaitForAsync($"flaky-{i}", "COMPLETED");
        }

        (await host.JsonAsync("/api/rabbit/stats")).GetProperty("instance").GetProperty("paused").GetInt64().ShouldBe(0);
    }

    private static async Task<string> TextAsync(HostUnderTest host, string path) =>
        await (await host.GetAsync(path)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
}
