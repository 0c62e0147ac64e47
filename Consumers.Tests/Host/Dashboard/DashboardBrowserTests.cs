using Consumers.Tests.Fixtures;
using Deque.AxeCore.Playwright;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Consumers.Tests.Host.Dashboard;

/// <summary>Every page in a real browser: what axe-core says of it, the console, the policy, the width; and a picture of it in <c>screenshots/</c>, to be looked at.</summary>
public sealed class DashboardBrowserTests(DashboardHost host) : IClassFixture<DashboardHost>
{
    private static readonly LocatorWaitForOptions Patiently = new() { Timeout = 30_000 };

    private static readonly string Pictures = Directory.CreateDirectory(Path.Combine(RepositoryRoot.Path, "screenshots")).FullName;

    private static readonly AxeRunOptions Wcag = new() { RunOnly = new() { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }, ResultTypes = [ResultType.Violations] };

    /// <summary>The rule that a theme can break.</summary>
    private static readonly AxeRunOptions Contrast = new() { RunOnly = new() { Type = "rule", Values = ["color-contrast"] }, ResultTypes = [ResultType.Violations] };

    /// <summary>The other two widths are for pictures to look at only: with the long tests.</summary>
    private static readonly (ColorScheme Scheme, int Width, AxeRunOptions? Rules)[] Looks = LongTests.AreOn
        ? [(ColorScheme.Light, 1280, Wcag), (ColorScheme.Light, 360, null), (ColorScheme.Dark, 360, Contrast), (ColorScheme.Dark, 1280, null)]
        : [(ColorScheme.Light, 1280, Wcag), (ColorScheme.Dark, 360, Contrast)];

    [Fact]
    public Task Every_page_is_accessible_fits_and_complains_of_nothing() => Chromium.WithPageAsync(ColorScheme.Light, 1280, async page =>
    {
        var complaints = new List<string>();
        var now = "";
        // A page that is not there says so to the browser as well.
        page.Console += (_, message) => Note(message.Type == "error" && !message.Text.Contains("404", StringComparison.Ordinal) ? message.Text : null);
        page.PageError += (_, error) => Note(error);
        foreach (var (name, path) in host.Pages)
        {
            now = name;
            await page.GotoAsync(host.Url(path).ToString());
            foreach (var (scheme, width, rules) in Looks)
            {
                await page.EmulateMediaAsync(new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
                await page.SetViewportSizeAsync(width, 900);
                now = $"{name}-{scheme.ToString().ToLowerInvariant()}-{width}";
                if (rules is not null)
                {
                    var violations = (await page.RunAxe(rules)).Violations;
                    complaints.AddRange(violations.Select(violation => $"{now}: {violation.Id}: {violation.Help}: {string.Join(" | ", violation.Nodes.Select(node => node.Html).Take(3))}"));
                }
                if (await page.EvaluateAsync<int>("document.documentElement.scrollWidth") is var wide && wide > width)
                {
                    complaints.Add($"{now}: is {wide} pixels wide");
                }
                await page.ScreenshotAsync(new() { Path = Path.Combine(Pictures, $"{now}.png"), FullPage = true });
            }
        }
        complaints.ShouldBeEmpty();

        void Note(string? complaint)
        {
            if (complaint is not null)
            {
                complaints.Add($"{now}: {complaint}");
            }
        }
    });

    [Fact]
    public Task Without_scripts_the_first_page_has_its_charts_its_table_and_its_time() => Chromium.WithPageAsync(ColorScheme.Light, 1280, async page =>
    {
        await page.RouteAsync("**/*.js*", route => route.AbortAsync());
        await page.GotoAsync(host.Url("/").ToString());

        (await page.Locator(".chart svg[role=img]").CountAsync()).ShouldBe(3);
        await page.GetByText("The same as a table").ClickAsync();
        await page.Locator("#figures-table").WaitForAsync(Patiently);
        (await page.Locator("#made").TextContentAsync())!.ShouldMatch(@"made \d\d:\d\d:\d\d");
        await page.GetByRole(AriaRole.Link, new() { Name = "1 hour" }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Last 1 hour" }).WaitForAsync(Patiently);
    });

    [Fact]
    public Task A_keyboard_is_enough() => Chromium.WithPageAsync(ColorScheme.Light, 1280, async page =>
    {
        await page.GotoAsync(host.Url("/").ToString());
        await page.Keyboard.PressAsync("Tab");
        (await page.EvaluateAsync<string>("document.activeElement.textContent")).ShouldBe("Skip to content");
        await page.Keyboard.PressAsync("?");
        await page.GetByRole(AriaRole.Dialog, new() { Name = "Keys" }).WaitForAsync(Patiently);
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("t");
        await page.GetByRole(AriaRole.Heading, new() { Name = "Tasks", Exact = true }).WaitForAsync(Patiently);
        await page.Keyboard.PressAsync("/");
        (await page.EvaluateAsync<string>("document.activeElement.tagName")).ShouldBeOneOf("INPUT", "SELECT");
    });
}
