using System.Text.RegularExpressions;
using AngleSharp.Html.Parser;
using Consumers.Host.Assets;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Host.Dashboard;

/// <summary>What a browser has to load for a page: itself, styles, scripts and pictures, as they are before they are compressed.</summary>
public sealed partial class PageWeightTests(DashboardHost host) : IClassFixture<DashboardHost>
{
    private const int MostBytes = 150 * 1024;

    /// <summary>Answer forms only, and lead back.</summary>
    private static readonly string[] WithoutAPage = ["sign-out", "theme"];

    [Fact]
    public async Task All_that_a_page_loads_is_small_and_from_here()
    {
        await using var closed = await HostUnderTest.StartAsync(("CONSUMERS_API_KEY", "a-key-of-sixteen-and-more"));
        (HostUnderTest Host, string Path)[] pages = [.. host.Pages.Select(page => (host.Host, page.Path)), (closed, "/login")];
        foreach (var pattern in Patterns(host.Host).Except(WithoutAPage))
        {
            pages.ShouldContain(page => Matches(pattern, page.Path) || (pattern == "error/{code:int}" && page.Path == "/no-such-page"), $"a page of /{pattern} is weighed");
        }

        var weights = new Dictionary<string, int>();
        foreach (var (of, path) in pages)
        {
            weights[path] = await WeighAsync(of, path);
        }

        weights.Where(page => page.Value >= MostBytes).ShouldBeEmpty();
        TestContext.Current.TestOutputHelper!.WriteLine(string.Join('\n', weights.OrderByDescending(page => page.Value).Select(page => $"{page.Value,7} {page.Key}")));
    }

    private static async Task<int> WeighAsync(HostUnderTest of, string path)
    {
        var html = await (await of.GetAsync(path)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var page = new HtmlParser().ParseDocument(html);
        var assets = page.QuerySelectorAll("script[src], link[href], img[src]").Select(element => element.GetAttribute("src") ?? element.GetAttribute("href")!).Distinct().ToArray();
        assets.ShouldContain(asset => asset.Contains("site.css", StringComparison.Ordinal), path);
        assets.ShouldAllBe(asset => asset.StartsWith("/assets/", StringComparison.Ordinal));
        // uPlot is there unless the build could not reach npm, and then no page asks for any of it.
        assets.Any(asset => asset.Contains("uplot", StringComparison.Ordinal)).ShouldBe(AssetFiles.HasCharts && (path == "/" || path.StartsWith("/?", StringComparison.Ordinal)), path);
        var bytes = System.Text.Encoding.UTF8.GetByteCount(html);
        foreach (var asset in assets)
        {
            bytes += (await of.Http.GetByteArrayAsync(new Uri(asset, UriKind.Relative), TestContext.Current.CancellationToken)).Length;
        }
        return bytes;
    }

    private static string[] Patterns(HostUnderTest of) => [.. of.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Where(endpoint => endpoint.Metadata.GetMetadata<PageActionDescriptor>() is not null)
        .Select(endpoint => Index().Replace(endpoint.RoutePattern.RawText!.Trim('/').ToLowerInvariant(), "")).Distinct()];

    private static bool Matches(string pattern, string path) =>
        Regex.IsMatch(path.Split('?')[0].Trim('/'), $"^{Parameter().Replace(pattern, "[^/]+")}$", RegexOptions.None, TimeSpan.FromSeconds(1));

    [GeneratedRegex(@"\{[^}]*\}", RegexOptions.None, 1000)]
    private static partial Regex Parameter();

    /// <summary>Such a page has two routes.</summary>
    [GeneratedRegex("/?index$", RegexOptions.None, 1000)]
    private static partial Regex Index();
}
