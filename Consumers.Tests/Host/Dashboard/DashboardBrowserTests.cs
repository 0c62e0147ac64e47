using System.Collections.Concurrent;
using Consumers.Tests.Fixtures;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Consumers.Tests.Host.Dashboard;

/// <summary>Every page in a real browser: what axe-core says of it, the console, the policy, the width; and a picture of it in <c>screenshots/</c>, to be looked at.</summary>
public sealed class DashboardBrowserTests(DashboardHost host) : IClassFixture<DashboardHost>
{
    private static readonly LocatorWaitForOptions Patiently = new() { Timeout = 30_000 };

    /// <summary>Pages of one browser: what axe does is a processor's work.</summary>
    private static readonly int AtOnce = Math.Clamp(Environment.ProcessorCount, 2, 4);

    private static readonly string Pictures = Directory.CreateDirectory(Path.Combine(RepositoryRoot.Path, "screenshots")).FullName;

    private static readonly object Wcag = new { runOnly = new { type = "tag", values = new[] { "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice" } }, resultTypes = new[] { "violations" } };

    /// <summary>The rule that a theme can break.</summary>
    private static readonly object Contrast = new { runOnly = new { type = "rule", values = new[] { "color-contrast" } }, resultTypes = new[] { "violations" } };

    /// <summary>The package's own way loads the script into every page twice, and takes as long for it as for looking; there are no frames here that would need it.</summary>
    private const string RunAxe = """
        async rules => (await axe.run(document, rules)).violations.map(found => `${found.id}: ${found.help}: ${found.nodes.slice(0, 3).map(node => node.html).join(' | ')}`)
        """;

    /// <summary>The other two widths are for pictures to look at only: with the long tests.</summary>
    private static readonly (ColorScheme Scheme, int Width, object? Rules)[] Looks = LongTests.AreOn
        ? [(ColorScheme.Light, 1280, Wcag), (ColorScheme.Light, 360, null), (ColorScheme.Dark, 360, Contrast), (ColorScheme.Dark, 1280, null)]
        : [(ColorScheme.Light, 1280, Wcag), (ColorScheme.Dark, 360, Contrast)];

    [Fact]
    public Task Every_page_is_accessible_fits_and_complains_of_nothing() => Chromium.WithBrowserAsync(async browser =>
    {
        var complaints = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(host.Pages, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (page, _) => await LookAsync(browser, page.Name, host.Url(page.Path), complaints));
        complaints.ShouldBeEmpty();
    });

    [Fact]
    public Task The_sign_in_page_is_accessible_fits_and_complains_of_nothing() => Chromium.WithBrowserAsync(async browser =>
    {
        await using var closed = await HostUnderTest.StartAsync(("CONSUMERS_API_KEY", "a-key-of-sixteen-and-more"));
        var complaints = new ConcurrentBag<string>();
        await LookAsync(browser, "login", new Uri(closed.Address, "/tasks?type=email"), complaints);
        await LookAsync(browser, "login-refused", new Uri(closed.Address, "/login"), complaints, async page =>
        {
            await page.GetByLabel("Key").FillAsync("not the key");
            await page.Keyboard.PressAsync("Enter");
            await page.GetByRole(AriaRole.Alert).WaitForAsync(Patiently);
        });
        await LookAsync(browser, "signed-in", new Uri(closed.Address, "/login?returnUrl=%2Finstances"), complaints, async page =>
        {
            await page.GetByLabel("Key").FillAsync("a-key-of-sixteen-and-more");
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
            await page.GetByRole(AriaRole.Heading, new() { Name = "Instances", Level = 1 }).WaitForAsync(Patiently);
        });
        complaints.ShouldBeEmpty();
    });

    [Fact]
    public Task What_is_empty_paused_or_away_is_accessible_fits_and_complains_of_nothing() => Chromium.WithBrowserAsync(async browser =>
    {
        LongTests.Require("15 pages in three states");
        await using var empty = await HostUnderTest.StartAsync();
        await using var paused = await HostUnderTest.StartAsync();
        await using var away = await HostUnderTest.StartAsync(("RABBITMQ_URL", $"amqp://127.0.0.1:{FreePort.Take()}"), ("Consumers:Kafka:Enabled", "true"), ("KAFKA_BOOTSTRAP_SERVERS", $"127.0.0.1:{FreePort.Take()}"));
        (await paused.PostAsync("/api/rabbit/pause", """{"by":"anna","why":"the shop moves house"}""")).EnsureSuccessStatusCode();
        await paused.PostAsync("/api/rabbit/tasks", """{"id":"waits","type":"sleep"}""");
        await away.PostAsync("/api/rabbit/tasks", """{"id":"kept","type":"sleep"}""");
        foreach (var module in new[] { "Rabbit", "Kafka" })
        {
            await Eventually.TrueAsync(async () => (await away.Http.GetStringAsync(new Uri($"/{module.ToLowerInvariant()}", UriKind.Relative), TestContext.Current.CancellationToken)).Contains("is away since", StringComparison.Ordinal), $"{module} is away", TimeSpan.FromSeconds(60));
        }
        var complaints = new ConcurrentBag<string>();
        (string State, HostUnderTest Host, string[] Paths)[] states =
        [
            ("empty", empty, ["/", "/rabbit", "/scaling", "/tasks", "/dead-letters", "/operations", "/audit"]), ("paused", paused, ["/", "/rabbit", "/tasks/waits"]), ("away", away, ["/", "/rabbit", "/kafka", "/scaling", "/tasks/kept"]),
        ];
        var looks = states.SelectMany(state => state.Paths.Select(path => ($"{state.State}-{(path == "/" ? "fleet" : path[1..].Replace('/', '-'))}", new Uri(state.Host.Address, path))));
        await Parallel.ForEachAsync(looks, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (look, _) => await LookAsync(browser, look.Item1, look.Item2, complaints));
        complaints.ShouldBeEmpty();
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

    [Fact]
    public Task Rows_are_gone_through_ticked_and_opened_by_keys() => Chromium.WithPageAsync(ColorScheme.Light, 1280, async page =>
    {
        const string Row = "document.activeElement.closest('tr')?.rowIndex ?? 0";
        await page.GotoAsync(host.Url("/dead-letters?text=failed-").ToString());
        var causes = await page.Locator(".causes tbody tr").CountAsync();
        causes.ShouldBeGreaterThan(0);

        await page.Keyboard.PressAsync("k");
        (await page.EvaluateAsync<int>(Row)).ShouldBe(1, "the first row");
        for (var row = 0; row <= causes; row++)
        {
            await page.Keyboard.PressAsync("j");
        }
        await page.Keyboard.PressAsync("x");
        (await page.Locator(".letters tbody tr:nth-child(2) input:checked").CountAsync()).ShouldBe(1, "the causes have been passed");
        await page.Keyboard.PressAsync("x");
        (await page.Locator(".letters input:checked").CountAsync()).ShouldBe(0);
        await page.Keyboard.PressAsync("Escape");
        (await page.EvaluateAsync<int>(Row)).ShouldBe(0);
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/dead-letters?cause=*");
    });

    private static async Task LookAsync(IBrowser browser, string name, Uri address, ConcurrentBag<string> complaints, Func<IPage, Task>? act = null)
    {
        var now = name;
        await using var context = await browser.NewContextAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        var page = await context.NewPageAsync();
        // A page that is refused or not there says so to the browser as well.
        page.Console += (_, message) => Note(message.Type == "error" && !(message.Text.Contains("status of 40", StringComparison.Ordinal) && message.Location.StartsWith(page.Url, StringComparison.Ordinal)) ? message.Text : null);
        page.PageError += (_, error) => Note(error);
        await page.GotoAsync(address.ToString());
        if (act is not null)
        {
            await act(page);
        }
        await page.EvaluateAsync(new BundledAxeScriptProvider().GetScript());
        foreach (var (scheme, width, rules) in Looks)
        {
            await page.EmulateMediaAsync(new() { ColorScheme = scheme });
            await page.SetViewportSizeAsync(width, 900);
            now = $"{name}-{scheme.ToString().ToLowerInvariant()}-{width}";
            if (rules is not null)
            {
                foreach (var violation in await page.EvaluateAsync<string[]>(RunAxe, rules))
                {
                    Note(violation);
                }
            }
            if (await page.EvaluateAsync<int>("document.documentElement.scrollWidth") is var wide && wide > width)
            {
                Note($"is {wide} pixels wide");
            }
            await page.ScreenshotAsync(new() { Path = Path.Combine(Pictures, $"{now}.png"), FullPage = true });
        }

        void Note(string? complaint)
        {
            if (complaint is not null)
            {
                complaints.Add($"{now}: {complaint}");
            }
        }
    }
}
