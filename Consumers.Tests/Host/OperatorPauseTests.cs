using System.Net;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Consumers.Core;
using Consumers.Tests.Fixtures;
using Microsoft.Playwright;

namespace Consumers.Tests.Host;

/// <summary>Pause and resume through the API and the pages.</summary>
public sealed class OperatorPauseTests
{
    private const string Script = "<script>alert(1)</script>";

    [Fact]
    public async Task The_api_pauses_and_resumes_a_module_and_says_so_everywhere()
    {
        await using var host = await HostUnderTest.StartAsync();

        var paused = await HostUnderTest.JsonOf(await host.PostAsync("/api/rabbit/pause", """{"by":"anna","why":"the mail server moves"}"""));
        var again = await HostUnderTest.JsonOf(await host.Http.PostAsync(new Uri("/api/rabbit/pause", UriKind.Relative), null, TestContext.Current.CancellationToken));
        await host.PostAsync("/api/rabbit/tasks", """{"id":"waits","type":"sleep","payload":{"complexityMs":1}}""");

        (paused.GetProperty("paused").GetBoolean(), paused.GetProperty("changed").GetBoolean()).ShouldBe((true, true));
        (again.GetProperty("paused").GetBoolean(), again.GetProperty("changed").GetBoolean()).ShouldBe((true, false));
        again.GetProperty("since").GetDateTimeOffset().ShouldBe(paused.GetProperty("since").GetDateTimeOffset());
        await Eventually.TrueAsync(async () => (await host.JsonAsync("/api/rabbit/stats")).GetProperty("ready").GetInt64() == 1, "the task waits in the queue");
        (await host.JsonAsync("/api/rabbit/stats")).GetProperty("pause").GetProperty("why").GetString().ShouldBe("the mail server moves");
        (await host.JsonAsync("/api/fleet")).GetProperty("pauses")[0].GetProperty("module").GetString().ShouldBe("rabbit");
        (await TextAsync(host, "/rabbit")).ShouldMatch(@"rabbit is paused since \d\d:\d\d:\d\d by anna through the API of [\w-]+ \(the mail server moves\); 1 task waits");
        (await TextAsync(host, "/tasks/waits")).ShouldMatch("It does not run: the module rabbit is paused since .* by anna");
        (await TextAsync(host, "/")).ShouldMatch(@"Rabbit has been paused by anna through the API of [\w-]+ \(the mail server moves\)( for .*)?: 1 task waits until somebody resumes it\.");

        var resumed = await HostUnderTest.JsonOf(await host.PostAsync("/api/rabbit/resume", "{}"));

        (resumed.GetProperty("paused").GetBoolean(), resumed.GetProperty("changed").GetBoolean()).ShouldBe((false, true));
        await host.WaitForAsync("waits", "COMPLETED");
        (await TextAsync(host, "/")).ShouldContain("All well");
    }

    [Fact]
    public async Task A_type_is_paused_by_itself_and_its_page_and_tasks_say_so()
    {
        await using var host = await HostUnderTest.StartAsync();

        await host.PostAsync("/api/rabbit/types/flaky/pause", "{}");
        await host.PostAsync("/api/rabbit/tasks", """{"id":"held","type":"flaky","payload":{"failTimes":0}}""");
        await host.PostAsync("/api/rabbit/tasks", """{"id":"other","type":"sleep","payload":{"complexityMs":1}}""");

        await host.WaitForAsync("other", "COMPLETED");
        (await host.JsonAsync("/api/rabbit/stats")).GetProperty("pausedTypes")[0].GetProperty("type").GetString().ShouldBe("flaky");
        (await TextAsync(host, "/rabbit")).ShouldContain("Task type flaky is paused since");
        await Eventually.TrueAsync(async () => (await TextAsync(host, "/tasks/held")).Contains("It does not run: the type flaky is paused since", StringComparison.Ordinal), "its page says why it does not run");
        await host.PostAsync("/api/rabbit/types/flaky/resume", "{}");
        await host.WaitForAsync("held", "COMPLETED");
    }

    [Theory]
    [InlineData("/api/nothing/pause", "{}", HttpStatusCode.NotFound)]
    [InlineData("/api/rabbit/types/no%20spaces/pause", "{}", HttpStatusCode.BadRequest)]
    [InlineData("/api/rabbit/pause", "{not json", HttpStatusCode.BadRequest)]
    [InlineData("/api/rabbit/pause", """{"bye":"x"}""", HttpStatusCode.BadRequest)]
    [InlineData("/api/rabbit/pause", "[1]", HttpStatusCode.BadRequest)]
    public async Task What_is_not_understood_pauses_nothing(string path, string body, HttpStatusCode answer)
    {
        await using var host = await HostUnderTest.StartAsync();

        var response = await host.PostAsync(path, body);

        response.StatusCode.ShouldBe(answer);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await host.JsonAsync("/api/fleet")).GetProperty("pauses").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task The_page_asks_once_more_pauses_and_resumes_with_a_click()
    {
        await using var host = await HostUnderTest.StartAsync();
        using var browser = host.Client(cookies: true);

        var confirm = await PageAsync(browser, "/pausing/rabbit");
        confirm.QuerySelector("h1")!.TextContent.ShouldBe("Pause rabbit");
        (await host.JsonAsync("/api/fleet")).GetProperty("pauses").GetArrayLength().ShouldBe(0, "looking pauses nothing");
        var paused = await SendAsync(browser, confirm, ("change", "pause"), ("why", Script), ("name", "anna"));
        paused.Headers.Location!.ToString().ShouldBe("/rabbit");

        var page = await PageAsync(browser, "/rabbit");
        page.QuerySelector("[role=status].sentence")!.TextContent.ShouldBe("Rabbit is paused for the whole fleet.");
        page.QuerySelector(".paused")!.TextContent.ShouldContain($"by anna through the page of");
        page.QuerySelector(".paused")!.TextContent.ShouldContain($"({Script}); 0 tasks wait");
        page.QuerySelectorAll("script").ShouldAllBe(script => script.TextContent == "");
        (await PageAsync(browser, "/pausing/rabbit")).QuerySelector("h1")!.TextContent.ShouldBe("Resume rabbit");

        var resumed = await SendAsync(browser, page, ("change", "resume"));
        resumed.Headers.Location!.ToString().ShouldBe("/rabbit");
        (await PageAsync(browser, "/rabbit")).QuerySelector(".paused").ShouldBeNull();
    }

    [Fact]
    public async Task The_page_pauses_one_type_and_refuses_what_is_none()
    {
        await using var host = await HostUnderTest.StartAsync();
        using var browser = host.Client(cookies: true);

        var confirm = await PageAsync(browser, "/pausing/rabbit?type=email");
        confirm.QuerySelector("h1")!.TextContent.ShouldBe("Pause task type email of rabbit");
        await SendAsync(browser, confirm, ("change", "pause"), ("type", "email"));

        (await host.JsonAsync("/api/rabbit/stats")).GetProperty("pausedTypes")[0].GetProperty("type").GetString().ShouldBe("email");
        (await host.JsonAsync("/api/rabbit/stats")).GetProperty("pause").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        (await browser.GetAsync(new Uri($"/pausing/rabbit?type={Uri.EscapeDataString(Script)}", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await browser.GetAsync(new Uri("/pausing/nothing", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_form_without_its_token_pauses_nothing()
    {
        await using var host = await HostUnderTest.StartAsync();
        using var browser = host.Client(cookies: true);
        await PageAsync(browser, "/pausing/rabbit");

        var response = await browser.PostAsync(new Uri("/pausing/rabbit", UriKind.Relative), new FormUrlEncodedContent([new("change", "pause")]), TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await host.JsonAsync("/api/fleet")).GetProperty("pauses").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task A_person_pauses_a_type_and_resumes_it_from_a_page_that_has_refreshed_itself(ColorScheme scheme)
    {
        await using var host = await HostUnderTest.StartAsync();
        await Chromium.WithPageAsync(scheme, 1280, async page =>
        {
            var complaints = new List<string>();
            page.Console += (_, message) => complaints.Add(message.Text);
            page.PageError += (_, error) => complaints.Add(error);
            page.SetDefaultTimeout(20_000);
            await page.GotoAsync(new Uri(host.Address, "/rabbit").ToString());
            await page.GetByLabel("Only the type").FillAsync("email");
            await page.GetByRole(AriaRole.Button, new() { Name = "Pause this type…" }).ClickAsync();
            await page.GetByLabel("Your name (optional)").FillAsync("anna");
            await page.GetByRole(AriaRole.Button, new() { Name = "Pause type email" }).ClickAsync();
            await page.GetByRole(AriaRole.Status).GetByText("Type email is paused for the whole fleet.").WaitForAsync();

            // Another type, told elsewhere: when it appears the page has refreshed itself.
            await host.PostAsync("/api/rabbit/types/report/pause", "{}");
            await page.GetByRole(AriaRole.Button, new() { Name = "Resume report" }).WaitForAsync();
            if (Environment.GetEnvironmentVariable("SCREENSHOTS") is { Length: > 0 } folder)
            {
                await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"paused-{scheme}.png"), FullPage = true });
            }
            await page.GetByRole(AriaRole.Button, new() { Name = "Resume email" }).ClickAsync();

            await page.GetByRole(AriaRole.Status).GetByText("Type email is resumed for the whole fleet.").WaitForAsync();
            (await host.JsonAsync("/api/rabbit/stats")).GetProperty("pausedTypes").EnumerateArray().ShouldHaveSingleItem().GetProperty("type").GetString().ShouldBe("report");
            complaints.ShouldBeEmpty();
        });
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient browser, IHtmlDocument page, params (string Name, string Value)[] fields)
    {
        var token = page.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
        return browser.PostAsync(new Uri("/pausing/rabbit", UriKind.Relative), new FormUrlEncodedContent(
            [.. fields.Select(field => KeyValuePair.Create(field.Name, field.Value)), new("__RequestVerificationToken", token)]), TestContext.Current.CancellationToken);
    }

    private static async Task<IHtmlDocument> PageAsync(HttpClient browser, string path) =>
        new HtmlParser().ParseDocument(await browser.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken));

    private static async Task<string> TextAsync(HostUnderTest host, string path) =>
        new HtmlParser().ParseDocument(await (await host.GetAsync(path)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Body!.TextContent;
}
