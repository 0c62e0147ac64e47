using System.Net;
using Consumers.Tests.Fixtures;
using Microsoft.Playwright;

namespace Consumers.Tests.Host.Dashboard;

/// <summary>An open page while the fleet changes, and when its host goes and comes back.</summary>
public sealed class LivePageTests
{
    private const string Key = "a-key-of-sixteen-and-more", Token = "input[name=__RequestVerificationToken]";

    private static readonly LocatorWaitForOptions Patiently = new() { Timeout = 30_000 };

    [Fact]
    public async Task The_sentence_and_the_figures_change_without_a_reload_and_a_chart_is_drawn()
    {
        await using var host = await HostUnderTest.StartAsync();
        await Chromium.WithPageAsync(ColorScheme.Light, 1280, async page =>
        {
            await page.GotoAsync(host.Address.ToString());
            await page.Locator("#live-mark[data-state=live]").WaitForAsync(Patiently);
            await page.EvaluateAsync("window.isTheSamePage = true");
            if (Consumers.Host.Assets.AssetFiles.HasCharts)
            {
                await page.Locator(".chart canvas").First.WaitForAsync(Patiently);
            }
            await host.PostAsync("/api/rabbit/pause", """{"by":"anna"}""");
            await host.PostAsync("/api/rabbit/tasks", """{"id":"t","type":"sleep"}""");

            await page.Locator("#fleet-state.warn", new() { HasText = "1 task waits until somebody resumes it" }).WaitForAsync(Patiently);
            await page.Locator("[data-fig=backlog]", new() { HasText = "1" }).WaitForAsync(Patiently);
            await page.Locator("#said", new() { HasText = "has been paused by anna" }).WaitForAsync(new() { Timeout = 30_000, State = WaitForSelectorState.Attached });
            await page.Locator(".happened li", new() { HasText = "has been paused by anna" }).WaitForAsync(Patiently);
            (await page.EvaluateAsync<bool>("window.isTheSamePage")).ShouldBeTrue();
        });
    }

    [Fact]
    public async Task A_page_says_how_old_it_is_while_its_host_cannot_be_reached_and_is_live_again_by_itself()
    {
        await using var host = await HostUnderTest.StartAsync();
        await using var network = TcpProxy.Start(host.Address);
        await Chromium.WithPageAsync(ColorScheme.Light, 1280, async page =>
        {
            await page.GotoAsync(network.Url.ToString());
            await page.Locator("#live-mark[data-state=live]").WaitForAsync(Patiently);
            network.IsClosed = true;
            network.ResetAll();

            await page.Locator("#live-mark[data-state=stale]").WaitForAsync(Patiently);

            (await page.Locator("#live-mark").TextContentAsync())!.ShouldMatch(@"as of \d\d:\d\d:\d\d, \d+ s ago");
            (await page.Locator("#fleet-state").TextContentAsync())!.ShouldContain("All well", customMessage: "what was known last stays to be read");
            network.IsClosed = false;
            await page.Locator("#live-mark[data-state=live]").WaitForAsync(Patiently);
            await host.PostAsync("/api/rabbit/pause", """{"by":"anna"}""");
            await page.Locator("#fleet-state.warn").WaitForAsync(Patiently);
        });
    }

    [Fact]
    public async Task Where_there_are_too_many_streams_a_page_asks_instead()
    {
        await using var host = await HostUnderTest.StartAsync(("Consumers:Dashboard:MaxStreams", "1"));
        using var taken = await host.Http.GetAsync(new Uri("/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await Chromium.WithPageAsync(ColorScheme.Light, 1280, async page =>
        {
            await page.GotoAsync(new Uri(host.Address, "/tasks").ToString());
            var id = $"live-{Guid.NewGuid():N}";
            await host.PostAsync("/api/rabbit/tasks", $$"""{"id":"{{id}}","type":"sleep"}""");

            await page.GetByRole(AriaRole.Link, new() { Name = id }).WaitForAsync(Patiently);
        });
    }

    [Fact]
    public async Task Where_the_session_has_ended_a_page_says_so_keeps_what_it_shows_and_leads_back_to_it()
    {
        await using var host = await HostUnderTest.StartAsync(("CONSUMERS_API_KEY", Key));
        await Chromium.WithBrowserAsync(async browser =>
        {
            await using var context = await browser.NewContextAsync();
            var page = await context.NewPageAsync();
            await page.GotoAsync(new Uri(host.Address, "/instances").ToString());
            await SignInAsync(page);
            await page.Locator("#live-mark[data-state=live]").WaitForAsync(Patiently);
            var other = await context.NewPageAsync();
            await other.GotoAsync(new Uri(host.Address, "/tasks").ToString());
            await other.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
            await other.GetByRole(AriaRole.Heading, new() { Name = "Sign in" }).WaitForAsync(Patiently);

            await page.GetByRole(AriaRole.Link, new() { Name = "sign in again" }).WaitForAsync(Patiently);

            (await page.Locator("#live-mark").TextContentAsync())!.ShouldMatch(@"^as of \d\d:\d\d:\d\d: signed out, sign in again$");
            (await page.Locator("#all-instances .sentence").TextContentAsync()).ShouldBe("1 instance running.");
            await page.GetByRole(AriaRole.Link, new() { Name = "sign in again" }).ClickAsync();
            await SignInAsync(page);
            await page.GetByRole(AriaRole.Heading, new() { Name = "Instances", Level = 1 }).WaitForAsync(Patiently);
        });

        static async Task SignInAsync(IPage page)
        {
            await page.GetByLabel("Key").FillAsync(Key);
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        }
    }

    [Fact]
    public async Task A_form_of_an_open_page_works_after_its_host_has_been_started_anew()
    {
        var before = await HostUnderTest.StartAsync();
        await using var after = await HostUnderTest.StartAsync();
        await Chromium.WithPageAsync(ColorScheme.Light, 1280, async page =>
        {
            await page.GotoAsync(new Uri(before.Address, "/rabbit").ToString());
            await page.Locator("#live-mark[data-state=live]").WaitForAsync(Patiently);
            await page.EvaluateAsync("window.isTheSamePage = true");
            var token = await page.Locator(Token).First.GetAttributeAsync("value");
            await page.RouteAsync("**/*", route => route.ContinueAsync(new() { Url = new Uri(after.Address, new Uri(route.Request.Url).PathAndQuery).ToString() }));

            await before.DisposeAsync();

            await page.Locator($"{Token}:not([value='{token}'])").First.WaitForAsync(new() { Timeout = 30_000, State = WaitForSelectorState.Attached });
            (await page.EvaluateAsync<bool>("window.isTheSamePage")).ShouldBeTrue();
            // The browser would say that it comes from another site, because it is led to another address than it asked for.
            var cookie = (await page.Context.CookiesAsync()).Single(found => found.Name.StartsWith("consumers-form-", StringComparison.Ordinal));
            using var request = new HttpRequestMessage(HttpMethod.Post, "/theme")
            {
                Headers = { { "Cookie", $"{cookie.Name}={cookie.Value}" } },
                Content = new FormUrlEncodedContent([new("theme", "dark"), new("back", "/"), new("__RequestVerificationToken", (await page.Locator(Token).First.GetAttributeAsync("value"))!)]),
            };
            (await after.Http.SendAsync(request, TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.Redirect, "what is not of this process is refused as a bad request");
        });
    }
}
