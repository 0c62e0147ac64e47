using AngleSharp.Html.Parser;
using Consumers.Host.Pages;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Host.Dashboard;

/// <summary>The first page as the server renders it, for a browser without scripts too.</summary>
public sealed class DashboardPagesTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private readonly HostUnderTest _host = shared.Host;

    [Fact]
    public async Task The_first_page_says_how_the_fleet_is_and_has_every_figure_in_words()
    {
        var id = $"t-{Guid.NewGuid():N}";
        await _host.PostAsync("/api/rabbit/tasks", $$"""{"id":"{{id}}","type":"sleep","payload":{"complexityMs":1} }""");
        await _host.WaitForAsync(id, "COMPLETED");
        await Eventually.TrueAsync(async () => (await HtmlAsync("/")).Contains("100 %", StringComparison.Ordinal), "the task counts for the objective");

        var page = new HtmlParser().ParseDocument(await HtmlAsync("/"));

        page.QuerySelector("#fleet-state")!.TextContent.ShouldStartWith("All well. 1 instance running");
        page.QuerySelectorAll("[data-fig]").Select(figure => figure.GetAttribute("data-fig")).ShouldBeSubsetOf(FleetFigures.Of(new() { Now = DateTimeOffset.UnixEpoch }).Keys);
        page.QuerySelectorAll(".tile").Length.ShouldBe(6);
        page.QuerySelectorAll(".dependencies li").Last().TextContent.ShouldContain("It stands for a broker in rabbit and scaling.");
        page.QuerySelector("[data-fig=budget]")!.TextContent.ShouldBe("100 % of the error budget left");
    }

    [Theory]
    [InlineData("", "15 minutes")]
    [InlineData("?range=1h", "1 hour")]
    [InlineData("?range=24h", "24 hours")]
    [InlineData("?range=28d", "28 days")]
    [InlineData("?range=nonsense", "15 minutes")]
    public async Task The_charts_are_there_without_a_script_as_lines_in_words_and_as_a_table(string query, string words)
    {
        var page = new HtmlParser().ParseDocument(await HtmlAsync("/" + query));

        page.QuerySelector(".ranges [aria-current]")!.TextContent.ShouldBe(words);
        var charts = page.QuerySelectorAll(".chart svg[role=img]");
        charts.Length.ShouldBe(3);
        charts.ShouldAllBe(chart => chart.GetAttribute("aria-label")!.Contains($"last {words}", StringComparison.Ordinal));
        page.QuerySelectorAll("#figures-table tbody tr").Length.ShouldBe(12);
    }

    [Fact]
    public void The_library_for_charts_is_pinned_with_its_hash_and_not_copied_into_the_repository()
    {
        var client = Path.Combine(RepositoryRoot.Path, "Consumers.Host", "client");

        File.ReadAllText(Path.Combine(client, "package-lock.json")).ShouldMatch("\"version\": \"[0-9.]+\",\\s+\"integrity\": \"sha512-");
        Directory.GetFileSystemEntries(client).Select(Path.GetFileName).ShouldBe(["package-lock.json", "package.json"], ignoreOrder: true);
    }

    private async Task<string> HtmlAsync(string path) => await (await _host.GetAsync(path)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
}
