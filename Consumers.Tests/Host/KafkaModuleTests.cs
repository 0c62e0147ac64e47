using System.Net;
using AngleSharp.Html.Parser;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Host;

/// <summary>The Kafka module in the host: its API and its page, with the embedded cluster and without any.</summary>
public sealed class KafkaModuleTests
{
    [Fact]
    public async Task A_task_posted_to_the_embedded_cluster_is_done_and_the_page_shows_its_partitions()
    {
        await using var host = await HostUnderTest.StartAsync(("Consumers:Kafka:Enabled", "true"), ("KAFKA_BOOTSTRAP_SERVERS", "embedded"));

        var accepted = await host.PostAsync("/api/kafka/tasks", """{"id":"by-api","type":"sleep","payload":{"complexityMs":1},"key":"k"}""");
        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await Eventually.TrueAsync(
            async () => (await host.GetAsync("/api/kafka/tasks/by-api")) is { IsSuccessStatusCode: true } found && (await HostUnderTest.JsonOf(found)).GetProperty("status").GetString() == "COMPLETED",
            "it is completed", TimeSpan.FromSeconds(60));

        await Eventually.TrueAsync(async () => Cells(await PageAsync(host), "#partitions", 3).Count == 6, "six partitions have a lag", TimeSpan.FromSeconds(60));
        var page = await PageAsync(host);
        Cells(page, "#partitions", 2).ShouldAllBe(owner => owner.Contains("this instance", StringComparison.Ordinal));
        page.QuerySelectorAll("section[aria-labelledby=tiers] tbody th").Select(cell => cell.TextContent).ShouldBe(
            ["task-retry-50ms", "task-retry-100ms", "task-retry-200ms", "task-retry-400ms", "task-retry-800ms", "task-retry-1600ms", "task-retry-3200ms", "task-retry-6400ms", "task-retry-12800ms", "task-retry-25600ms", "task-retry-51200ms", "task-retry-60s", "task-dead-letter"]);
        page.QuerySelector("#recent-tasks")!.TextContent.ShouldContain("by-api");
    }

    [Fact]
    public async Task A_task_behind_another_of_its_key_says_so_on_its_page()
    {
        await using var host = await HostUnderTest.StartAsync(("Consumers:Kafka:Enabled", "true"), ("KAFKA_BOOTSTRAP_SERVERS", "embedded"));
        await host.PostAsync("/api/kafka/tasks/batch", """[{"id":"ahead","type":"sleep","payload":{"complexityMs":60000},"key":"customer-42"},{"id":"behind","type":"sleep","payload":{"complexityMs":1},"key":"customer-42"}]""");

        await Eventually.TrueAsync(
            async () => (await StoryAsync("behind")).StartsWith("Waits behind key customer-42: task ahead of the same key runs since", StringComparison.Ordinal), "the page says behind which", TimeSpan.FromSeconds(60));
        (await StoryAsync("ahead")).ShouldStartWith("Runs on ");
        await Eventually.TrueAsync(async () => Cells(await PageAsync(host), "#partitions", 5).Count(age => age != "–") == 1, "the one partition with work says since when its oldest waits", TimeSpan.FromSeconds(60));

        async Task<string> StoryAsync(string id) =>
            new HtmlParser().ParseDocument(await (await host.GetAsync($"/tasks/{id}")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).QuerySelector("#story .sentence")?.LastChild?.TextContent.Trim() ?? "";
    }

    [Fact]
    public async Task Without_a_broker_the_API_answers_503_and_the_page_says_what_is_away_and_that_lags_are_unknown()
    {
        await using var host = await HostUnderTest.StartAsync(("Consumers:Kafka:Enabled", "true"), ("KAFKA_BOOTSTRAP_SERVERS", $"127.0.0.1:{FreePort.Take()}"), ("Consumers:Kafka:PublishTimeout", "00:00:02"));

        var answer = await host.PostAsync("/api/kafka/tasks", """{"type":"sleep","payload":{"complexityMs":1}}""");
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("did not answer within 00:00:02", customMessage: "as soon as a message that is not confirmed, though the brokers are asked for longer");

        await Eventually.TrueAsync(async () => (await PageAsync(host)).QuerySelector("#broker .notice")?.TextContent.Contains("Kafka is away", StringComparison.Ordinal) == true, "the page says so", TimeSpan.FromSeconds(60));
        var page = await PageAsync(host);
        page.QuerySelector("section[aria-labelledby=partitions] .empty")!.TextContent.ShouldStartWith("Unknown");
        page.QuerySelectorAll("section[aria-labelledby=tiers] tbody .n").ShouldAllBe(cell => cell.TextContent == "unknown");
        (await host.GetAsync("/health/ready")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<AngleSharp.Html.Dom.IHtmlDocument> PageAsync(HostUnderTest host) =>
        new HtmlParser().ParseDocument(await (await host.GetAsync("/kafka")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

    /// <summary>Of a column, counted from one, what is known.</summary>
    private static IReadOnlyList<string> Cells(AngleSharp.Html.Dom.IHtmlDocument page, string heading, int column) =>
        [.. page.QuerySelectorAll($"section[aria-labelledby={heading[1..]}] tbody tr").Select(row => row.Children[column - 1]).Where(cell => cell.QuerySelector(".unknown") is null).Select(cell => cell.TextContent.Trim())];
}
