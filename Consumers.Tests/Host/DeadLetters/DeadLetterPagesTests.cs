using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;

namespace Consumers.Tests.Host.DeadLetters;

/// <summary>The pages as a person without scripts uses them: forms, links, and what is said after.</summary>
public sealed class DeadLetterPagesTests(DeadLetterHost shared) : IClassFixture<DeadLetterHost>
{
    private HostUnderTest Host => shared.Host;

    [Fact]
    public async Task A_cause_is_replayed_from_its_row_and_a_button_pressed_twice_starts_one_operation()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        await shared.FailAsync(3, $"{word} is away");
        using var browser = Host.Client(cookies: true);
        var list = await DeadLetterHost.PageAsync(browser, "/dead-letters");
        var row = list.QuerySelectorAll("table.causes tbody tr").Single(row => row.TextContent.Contains(word, StringComparison.Ordinal));
        row.QuerySelector(".num")!.TextContent.ShouldBe("3");
        row.QuerySelector("svg rect:not(.ground)").ShouldNotBeNull("the hour in which they came has a bar");
        var confirm = await DeadLetterHost.PageAsync(browser, Link(row, "Replay"));
        confirm.QuerySelector("form.confirm button")!.TextContent.ShouldBe("Replay 3 dead letters");
        // Comes too late for this operation: the set is frozen.
        await shared.FailAsync(1, $"{word} is away");

        var first = await DeadLetterHost.SubmitAsync(browser, confirm, "form.confirm", ("Form.Name", "Ada"), ("Form.Why", "because"), ("Form.StopAt", "100"));
        var second = await DeadLetterHost.SubmitAsync(browser, confirm, "form.confirm", ("Form.Name", "Ada"), ("Form.Why", "because"), ("Form.StopAt", "100"));

        first.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        second.Headers.Location.ShouldBe(first.Headers.Location);
        var page = await DeadLetterHost.PageAsync(browser, first.Headers.Location!.ToString());
        page.QuerySelector("[role=status].sentence")!.TextContent.ShouldBe("A replay of 3 dead letters has started. It goes on when you leave this page.");
        var done = await shared.UntilOverAsync(first.Headers.Location.ToString().Split('/')[^1]);
        done.GetProperty("total").GetInt64().ShouldBe(3);
        done.GetProperty("by").GetString()!.ShouldStartWith("Ada through the page of");
        var after = await DeadLetterHost.PageAsync(browser, first.Headers.Location.ToString());
        after.QuerySelector("[role=status].sentence").ShouldBeNull("it is said once");
        after.Body!.TextContent.ShouldContain("Done: 0 succeeded, 3 failed again.");
        after.QuerySelectorAll("#trouble tbody tr").Length.ShouldBe(3);
        (await DeadLetterHost.PageAsync(browser, "/audit")).QuerySelectorAll("tbody tr").ShouldContain(entry => entry.TextContent.Contains("Ada through the page of") && entry.TextContent.Contains("because"));
        (await shared.LettersAsync($"text={word}")).Count(letter => letter.GetProperty("times").GetInt32() == 2).ShouldBe(3);
        (await DeadLetterHost.PageAsync(browser, $"/dead-letters?text={word}")).QuerySelectorAll("table.letters tbody tr").Count(entry => entry.TextContent.Contains("2 times")).ShouldBe(3);
    }

    [Fact]
    public async Task More_than_one_is_discarded_only_when_their_number_is_typed()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        await shared.FailAsync(3, word);
        using var browser = Host.Client(cookies: true);
        var list = await DeadLetterHost.PageAsync(browser, $"/dead-letters?text={word}");
        var ticked = list.QuerySelectorAll("input[name=ids]").Take(2).Select(box => $"&ids={Uri.EscapeDataString(box.GetAttribute("value")!)}");
        var confirm = await DeadLetterHost.PageAsync(browser, $"/dead-letters/confirm?kind=discard{string.Concat(ticked)}");

        var refused = await DeadLetterHost.SubmitAsync(browser, confirm, "form.confirm", ("Form.Typed", "3"));
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var again = DeadLetterHost.Parse(await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        again.QuerySelector("[role=alert]")!.TextContent.ShouldBe("To discard them, type their number: 2.");
        (await shared.CountAsync($"text={word}&state=dead")).ShouldBe(3);
        var accepted = await DeadLetterHost.SubmitAsync(browser, again, "form.confirm", ("Form.Typed", "2"));

        accepted.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        await shared.UntilOverAsync(accepted.Headers.Location!.ToString().Split('/')[^1]);
        (await shared.CountAsync($"text={word}&state=discarded")).ShouldBe(2);
        (await shared.CountAsync($"text={word}&state=dead")).ShouldBe(1);
    }

    [Fact]
    public async Task A_payload_is_edited_compared_and_replayed_and_its_pages_lead_to_one_another()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        var task = (await shared.FailAsync(1, word))[0];
        using var browser = Host.Client(cookies: true);
        var id = (await shared.LettersAsync($"text={word}"))[0].GetProperty("id").GetString();
        var edit = await DeadLetterHost.PageAsync(browser, $"/dead-letters/{id}/edit");
        ((IHtmlTextAreaElement)edit.QuerySelector("textarea")!).Value.ShouldContain("\"mode\": \"permanent\"");

        var wrong = await DeadLetterHost.SubmitAsync(browser, edit, "form.confirm", ("Text", "{oops"), ("change", "compare"));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var kept = DeadLetterHost.Parse(await wrong.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        kept.QuerySelector("[role=alert]")!.TextContent.ShouldStartWith("The payload is not JSON");
        ((IHtmlTextAreaElement)kept.QuerySelector("textarea")!).Value.ShouldBe("{oops");
        var compared = await DeadLetterHost.SubmitAsync(browser, kept, "form.confirm", ("Text", "{\"failTimes\":0}"), ("change", "compare"));
        var difference = DeadLetterHost.Parse(await compared.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        difference.QuerySelectorAll("pre.diff .added").Select(line => line.TextContent.Trim()).ShouldContain("+   \"failTimes\": 0");
        difference.QuerySelectorAll("pre.diff .removed").ShouldContain(line => line.TextContent.Contains("\"mode\""));
        (await shared.CountAsync($"text={word}&state=dead")).ShouldBe(1, "nothing is done before the difference was seen");
        var replayed = await DeadLetterHost.SubmitAsync(browser, difference, "form.confirm", ("change", "replay"));
        var twice = await DeadLetterHost.SubmitAsync(browser, difference, "form.confirm", ("change", "replay"));

        replayed.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        twice.Headers.Location.ShouldBe(replayed.Headers.Location);
        await shared.UntilOverAsync(replayed.Headers.Location!.ToString().Split('/')[^1]);
        var letter = await DeadLetterHost.PageAsync(browser, $"/dead-letters/{id}");
        var newTask = letter.QuerySelectorAll("a").Single(link => link.TextContent == "Its new task").GetAttribute("href")!;
        await Host.WaitForAsync(newTask.Split('/')[^1], "COMPLETED");
        letter.QuerySelectorAll("a").ShouldContain(link => link.TextContent == "The operation" && link.GetAttribute("href") == replayed.Headers.Location.ToString());
        letter.QuerySelectorAll("a").ShouldContain(link => link.GetAttribute("href") == $"/tasks/{task}");
        (await DeadLetterHost.PageAsync(browser, $"/tasks/{task}")).QuerySelectorAll("a").ShouldContain(link => link.GetAttribute("href") == $"/dead-letters/{id}");
    }

    [Fact]
    public async Task An_operation_is_held_from_its_page_and_refreshes_without_scripts_while_it_runs()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        await shared.FailAsync(3, word);
        using var browser = Host.Client(cookies: true);
        var confirm = await DeadLetterHost.PageAsync(browser, $"/dead-letters/confirm?kind=replay&text={word}");
        var started = await DeadLetterHost.SubmitAsync(browser, confirm, "form.confirm", ("Form.Rate", "0.1"), ("Form.Canary", "1"));
        var path = started.Headers.Location!.ToString();
        var page = await DeadLetterHost.PageAsync(browser, path);
        page.Head!.QuerySelector("noscript meta[http-equiv=refresh]").ShouldNotBeNull();

        var paused = await DeadLetterHost.SubmitAsync(browser, page, "#controls form", ("change", "pause"));
        paused.Headers.Location!.ToString().ShouldBe(path);
        page = await DeadLetterHost.PageAsync(browser, path);
        page.QuerySelector("[role=status].sentence")!.TextContent.ShouldBe("It is paused now.");
        await DeadLetterHost.SubmitAsync(browser, page, "#controls form", ("change", "cancel"));

        page = await DeadLetterHost.PageAsync(browser, path);
        page.QuerySelector("#operation .sentence")!.TextContent.ShouldContain("Cancelled.");
        page.QuerySelector("#controls form").ShouldBeNull("what is over is not held");
    }

    [Fact]
    public async Task What_is_malformed_is_shown_in_hex_with_its_fault()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        await shared.Broker.PublishAsync(DeadLetterHost.Utf8($"{{\"type\": {word}"), word);
        var path = "";
        await Fixtures.Eventually.TrueAsync(async () =>
        {
            foreach (var letter in await shared.LettersAsync("reason=malformed"))
            {
                path = $"/dead-letters/{letter.GetProperty("id").GetString()}";
                if ((await shared.PageAsync(path)).Body!.TextContent.Contains($"{{\"type\": {word[..7]}", StringComparison.Ordinal))
                {
                    return true;
                }
            }
            return false;
        }, "the malformed message is shown", TimeSpan.FromSeconds(60));

        var page = await shared.PageAsync(path);

        page.QuerySelectorAll(".notice").ShouldContain(notice => notice.TextContent.Contains("This is no task: not JSON") && notice.TextContent.Contains("at byte 9 of"));
        page.QuerySelector("pre.hex mark")!.TextContent.ShouldStartWith("00000000  7b 22 74 79 70 65 22 3a  20 77");
        (await DeadLetterHost.PageAsync(Host.Http, $"{path}/edit")).QuerySelector("label textarea")!.ParentElement!.TextContent.ShouldStartWith("The whole message");
    }

    [Theory]
    [InlineData("/dead-letters/no-such", HttpStatusCode.NotFound)]
    [InlineData("/dead-letters/no-such/edit", HttpStatusCode.NotFound)]
    [InlineData("/operations/no-such", HttpStatusCode.NotFound)]
    [InlineData("/dead-letters/confirm?kind=explode", HttpStatusCode.BadRequest)]
    [InlineData("/dead-letters/confirm?kind=replay&ids=no-such", HttpStatusCode.OK)]
    [InlineData("/dead-letters?after=junk&since=junk&state=junk", HttpStatusCode.OK)]
    [InlineData("/audit?after=junk", HttpStatusCode.OK)]
    public async Task What_is_not_there_is_a_page_for_people(string path, HttpStatusCode status)
    {
        await shared.OpenAsync();

        (await shared.PageAsync(path, status)).QuerySelectorAll("h1").Length.ShouldBe(1);
    }

    private static string Link(IElement row, string text) => row.QuerySelectorAll("a").Single(link => link.TextContent.StartsWith(text, StringComparison.Ordinal)).GetAttribute("href")!;
}
