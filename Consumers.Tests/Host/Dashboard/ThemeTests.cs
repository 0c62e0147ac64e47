using System.Net;
using AngleSharp.Html.Parser;
using Consumers.Tests.Fixtures;
using Microsoft.Playwright;

namespace Consumers.Tests.Host.Dashboard;

public sealed class ThemeTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private const string Ink = "getComputedStyle(document.body).color", Light = "rgb(28, 36, 48)", Dark = "rgb(230, 234, 240)";

    private readonly HostUnderTest _host = shared.Host;

    [Theory]
    [InlineData("dark", "/tasks?status=FAILED", "/tasks?status=FAILED")]
    [InlineData("light", "https://evil.example/", "/")]
    [InlineData("light", "//evil.example/", "/")]
    public async Task A_theme_is_kept_and_leads_back_to_a_page_of_this_host_only(string theme, string back, string expected)
    {
        using var browser = _host.Client(cookies: true);

        var chosen = await ChooseAsync(browser, theme, back);

        chosen.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        chosen.Headers.Location!.ToString().ShouldBe(expected);
        var page = await PageAsync(browser, "/instances");
        page.QuerySelector("meta[name=color-scheme]")!.GetAttribute("content").ShouldBe(theme);
        page.QuerySelector("link[href*='dark.css']")?.GetAttribute("media").ShouldBe("all");
        page.QuerySelector(".theme [aria-pressed=true]")!.GetAttribute("value").ShouldBe(theme);
    }

    [Fact]
    public async Task A_theme_that_there_is_not_is_the_systems()
    {
        using var browser = _host.Client(cookies: true);
        await ChooseAsync(browser, "dark", "/");

        await ChooseAsync(browser, "\"><script>", "/");

        (await PageAsync(browser, "/")).QuerySelector("link[href*='dark.css']")!.GetAttribute("media").ShouldBe("(prefers-color-scheme: dark)");
    }

    [Fact]
    public async Task Without_a_token_nothing_is_kept()
    {
        using var browser = _host.Client(cookies: true);

        var refused = await browser.PostAsync(new Uri("/theme", UriKind.Relative), new FormUrlEncodedContent([new("theme", "dark")]), TestContext.Current.CancellationToken);

        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        refused.Headers.TryGetValues("Set-Cookie", out var cookies).ShouldBe(cookies is not null);
        (cookies ?? []).ShouldNotContain(cookie => cookie.StartsWith("consumers-theme", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ColorScheme.Light, Light)]
    [InlineData(ColorScheme.Dark, Dark)]
    public Task A_theme_is_chosen_by_keyboard_with_and_without_scripts(ColorScheme system, string asSystem) => Chromium.WithPageAsync(system, 1280, async page =>
    {
        var complaints = new List<string>();
        page.Console += (_, message) => complaints.Add(message.Text);
        page.PageError += (_, error) => complaints.Add(error);
        await page.GotoAsync(new Uri(_host.Address, "/tasks?status=FAILED").ToString());
        (await page.EvaluateAsync<string>(Ink)).ShouldBe(asSystem);

        await PressAsync("light", "Enter");
        (await page.EvaluateAsync<string>(Ink)).ShouldBe(Light);
        page.Url.ShouldEndWith("/tasks?status=FAILED");

        await page.Keyboard.PressAsync("t");
        await ChosenAsync("dark");
        (await page.EvaluateAsync<string>(Ink)).ShouldBe(Dark);

        await page.RouteAsync("**/*.js*", route => route.FulfillAsync(new() { Body = "", ContentType = "text/javascript" }));
        await page.ReloadAsync();
        await PressAsync("as the system", " ");
        (await page.EvaluateAsync<string>(Ink)).ShouldBe(asSystem);
        complaints.ShouldBeEmpty();

        async Task ChosenAsync(string theme)
        {
            await page.GetByRole(AriaRole.Button, new() { Name = theme, Exact = true, Pressed = true }).WaitForAsync();
            await page.WaitForLoadStateAsync(LoadState.Load);
        }

        async Task PressAsync(string theme, string key)
        {
            await page.GetByRole(AriaRole.Button, new() { Name = theme, Exact = true }).FocusAsync();
            await page.Keyboard.PressAsync(key);
            await ChosenAsync(theme);
        }
    });

    private static async Task<HttpResponseMessage> ChooseAsync(HttpClient browser, string theme, string back) => await browser.PostAsync(
        new Uri("/theme", UriKind.Relative),
        new FormUrlEncodedContent([new("theme", theme), new("back", back), new("__RequestVerificationToken", (await PageAsync(browser, "/")).QuerySelector(".theme input[name=__RequestVerificationToken]")!.GetAttribute("value")!)]),
        TestContext.Current.CancellationToken);

    private static async Task<AngleSharp.Html.Dom.IHtmlDocument> PageAsync(HttpClient browser, string path) =>
        new HtmlParser().ParseDocument(await browser.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken));
}
