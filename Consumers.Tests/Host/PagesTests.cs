using System.Net;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace Consumers.Tests.Host;

public sealed class PagesTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private const string Script = "<script>alert(1)</script><img src=x onerror=alert(2)>\u202Eevil";

    private readonly HostUnderTest _host = shared.Host;

    [Fact]
    public async Task What_a_message_says_is_shown_as_text_on_every_page()
    {
        var id = $"xss-{Guid.NewGuid():N}";
        var body = System.Text.Json.JsonSerializer.Serialize(new { id, type = "flaky", key = Script, payload = new { mode = "permanent", reason = Script } });
        (await _host.PostAsync("/api/rabbit/tasks", body)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await _host.WaitForAsync(id, "FAILED");

        string[] paths = ["/", "/rabbit", "/scaling", "/instances", "/tasks", "/dead-letters?state=any", "/operations", "/audit", $"/tasks/{id}", $"/tasks?key={Uri.EscapeDataString(Script)}&type={Uri.EscapeDataString(Script)}&worker={Uri.EscapeDataString(Script)}&status={Uri.EscapeDataString(Script)}&after={Uri.EscapeDataString(Script)}", $"/tasks/{Uri.EscapeDataString(Script)}", $"/login?returnUrl={Uri.EscapeDataString(Script)}", $"/{Uri.EscapeDataString(Script)}"];
        foreach (var path in paths)
        {
            var page = await PageAsync(path);

            page.QuerySelector("#made")?.TextContent.ShouldStartWith("made");
            page.QuerySelectorAll("script").ShouldAllBe(script => script.GetAttribute("src")!.StartsWith("/assets/", StringComparison.Ordinal) && script.TextContent == "");
            page.QuerySelectorAll("img").ShouldAllBe(image => image.GetAttribute("src")!.StartsWith("/assets/", StringComparison.Ordinal));
            page.All.SelectMany(element => element.Attributes).ShouldNotContain(attribute => attribute.Name.StartsWith("on", StringComparison.OrdinalIgnoreCase) || attribute.Name == "style");
        }
        var task = await PageAsync($"/tasks/{id}");
        task.Body!.TextContent.ShouldContain("<script>alert(1)</script>");
        task.QuerySelector("pre.payload")!.TextContent.ShouldContain("\\u202E", customMessage: "a mark that turns text around is shown as what it is");
    }

    [Fact]
    public async Task The_form_publishes_and_says_so_once()
    {
        using var browser = _host.Client(cookies: true);
        var form = await browser.GetStringAsync(new Uri("/rabbit", UriKind.Relative), TestContext.Current.CancellationToken);

        var posted = await PostFormAsync(browser, form, "sleep", """{"complexityMs":1}""", "3");

        posted.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        posted.Headers.Location!.ToString().ShouldBe("/rabbit");
        var after = await browser.GetStringAsync(new Uri("/rabbit", UriKind.Relative), TestContext.Current.CancellationToken);
        Parse(after).QuerySelector("[role=status].sentence")!.TextContent.ShouldContain("Accepted 3 tasks of type sleep");
        (await browser.GetStringAsync(new Uri("/rabbit", UriKind.Relative), TestContext.Current.CancellationToken)).ShouldNotContain("Accepted 3 tasks");
    }

    [Theory]
    [InlineData("sleep", "{not json", "1", "The payload is not JSON")]
    [InlineData("sleep", "{}", "1001", "The count must be 1 to 1000")]
    [InlineData("no spaces", "{}", "1", "The type must be 1 to 128 characters")]
    [InlineData("", "{}", "1", "The type is missing")]
    public async Task The_form_says_what_is_wrong_and_keeps_what_was_typed(string type, string payload, string count, string error)
    {
        using var browser = _host.Client(cookies: true);
        var form = await browser.GetStringAsync(new Uri("/rabbit", UriKind.Relative), TestContext.Current.CancellationToken);

        var posted = await PostFormAsync(browser, form, type, payload, count);

        posted.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var page = Parse(await posted.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        page.QuerySelector("form.publish")!.TextContent.ShouldContain(error);
        ((IHtmlTextAreaElement)page.QuerySelector("textarea")!).Value.ShouldBe(payload);
    }

    [Theory]
    [InlineData("/", "Fleet")]
    [InlineData("/rabbit", "Rabbit")]
    [InlineData("/tasks", "Tasks")]
    [InlineData("/dead-letters", "Dead letters")]
    [InlineData("/operations", "Operations")]
    [InlineData("/audit", "Audit")]
    public async Task A_page_has_one_headline_named_tables_and_says_where_one_is(string path, string headline)
    {
        var page = await PageAsync(path);

        page.QuerySelectorAll("h1").Single().TextContent.ShouldBe(headline);
        page.DocumentElement.GetAttribute("lang").ShouldBe("en");
        page.QuerySelector("nav [aria-current]")!.TextContent.ShouldBe(headline);
        page.QuerySelector("a.skip").ShouldNotBeNull();
        page.QuerySelectorAll("table").ShouldAllBe(table => table.QuerySelector("caption") != null);
        page.QuerySelectorAll("table th").ShouldAllBe(cell => cell.HasAttribute("scope"));
        page.QuerySelectorAll("input:not([type=hidden]), select, textarea").ShouldAllBe(field => field.Closest("label") != null);
        page.QuerySelectorAll("time").ShouldAllBe(time => time.HasAttribute("datetime"));
    }

    [Fact]
    public async Task A_task_that_waits_says_for_what()
    {
        var id = $"waits-{Guid.NewGuid():N}";
        await _host.PostAsync("/api/rabbit/tasks", $$$"""{"id":"{{{id}}}","type":"flaky","payload":{"failTimes":1,"retryAfterMs":600000}}""");
        await _host.WaitForAsync(id, "RETRYING");

        var page = await PageAsync($"/tasks/{id}");

        page.QuerySelector(".sentence")!.TextContent.ShouldMatch("Waits in tier 60s until .*; then attempt 2 of 6");
        page.QuerySelectorAll(".timeline li").Length.ShouldBe(3);
        page.QuerySelector(".timeline li:first-child")!.TextContent.ShouldContain("published through the API");
        page.QuerySelector(".timeline li.o-failure")!.TextContent.ShouldContain("attempt 1");
        page.QuerySelector(".timeline li:last-child")!.TextContent.ShouldContain("attempt 2 of 6 is due");
    }

    [Theory]
    [InlineData("/no-such-page", "There is no such page")]
    [InlineData("/tasks/no-such-task", "Task not shown")]
    public async Task What_is_not_there_is_a_page_for_people(string path, string headline)
    {
        var response = await _host.GetAsync(path);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).QuerySelector("h1")!.TextContent.ShouldBe(headline);
    }

    [Fact]
    public async Task Assets_are_kept_by_browsers_for_as_long_as_they_are_the_same()
    {
        var href = (await PageAsync("/")).QuerySelector("link[rel=stylesheet]")!.GetAttribute("href")!;

        var response = await _host.GetAsync(href);

        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/css");
        response.Headers.CacheControl!.ToString().ShouldContain("immutable");
    }

    private static Task<HttpResponseMessage> PostFormAsync(HttpClient browser, string form, string type, string payload, string count) =>
        browser.PostAsync(new Uri("/rabbit", UriKind.Relative), new FormUrlEncodedContent(
        [
            new("Form.Type", type),
            new("Form.Payload", payload),
            new("Form.Count", count),
            new("__RequestVerificationToken", Parse(form).QuerySelector("form.publish input[name=__RequestVerificationToken]")!.GetAttribute("value")!),
        ]), TestContext.Current.CancellationToken);

    private async Task<IHtmlDocument> PageAsync(string path) =>
        Parse(await (await _host.GetAsync(path)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

    private static IHtmlDocument Parse(string html) => new HtmlParser().ParseDocument(html);
}
