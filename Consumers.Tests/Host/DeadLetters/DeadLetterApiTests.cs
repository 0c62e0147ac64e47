using System.Net;
using System.Text;
using System.Text.Json;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Host.DeadLetters;

/// <summary>The API over a real ledger and a real broker: a task fails, is archived, is replayed.</summary>
public sealed class DeadLetterApiTests(DeadLetterHost shared) : IClassFixture<DeadLetterHost>
{
    private HostUnderTest Host => shared.Host;

    [Fact]
    public async Task What_failed_is_listed_found_by_its_cause_and_shown_with_its_bytes()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        var ids = await shared.FailAsync(3, $"{word} 12 is gone");

        var letters = await shared.LettersAsync($"text={word}");
        letters.Select(letter => letter.GetProperty("taskId").GetString()).ShouldBe(ids, ignoreOrder: true);
        letters.ShouldAllBe(letter => letter.GetProperty("state").GetString() == "dead" && letter.GetProperty("reason").GetString() == "permanent" && letter.GetProperty("times").GetInt32() == 1);
        var cause = letters[0].GetProperty("cause").GetString()!;
        var causes = (await Host.JsonAsync($"/api/dead-letters/causes?cause={cause}")).GetProperty("items");
        causes[0].GetProperty("dead").GetInt64().ShouldBe(3);
        causes[0].GetProperty("error").GetString()!.ShouldContain(word);
        causes[0].GetProperty("recent").GetArrayLength().ShouldBe(24);
        (await shared.CountAsync($"cause={cause}&state=dead")).ShouldBe(3);
        (await shared.CountAsync($"cause={cause}&to=2001-01-01")).ShouldBe(0);

        var id = letters[0].GetProperty("id").GetString();
        var one = await Host.JsonAsync($"/api/dead-letters/{id}");
        one.GetProperty("bodyFault").ValueKind.ShouldBe(JsonValueKind.Null);
        one.GetProperty("headers").EnumerateArray().ShouldContain(header => header.GetProperty("name").GetString() == "x-dead-reason");
        var bytes = await Host.GetAsync($"/api/dead-letters/{id}/body");
        (await bytes.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe(one.GetProperty("body").GetString());
        bytes.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");
        bytes.Content.Headers.ContentDisposition!.DispositionType.ShouldBe("attachment");
    }

    [Fact]
    public async Task A_preview_starts_an_operation_and_asked_twice_it_is_one()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        await shared.FailAsync(4, word);
        var preview = await PreviewAsync("replay", new { text = word });
        preview.GetProperty("count").GetInt64().ShouldBe(4);
        var order = Order("replay", preview, new { text = word });
        // What comes later stays out.
        await shared.FailAsync(1, word);

        var answers = await Task.WhenAll(Host.PostAsync("/api/operations", order), Host.PostAsync("/api/operations", order));

        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.Accepted);
        var id = (await HostUnderTest.JsonOf(answers[0])).GetProperty("id").GetString()!;
        answers[0].Headers.Location!.ToString().ShouldBe($"/api/operations/{id}");
        (await HostUnderTest.JsonOf(answers[1])).GetProperty("id").GetString().ShouldBe(id);
        var done = await shared.UntilOverAsync(id);
        done.GetProperty("total").GetInt64().ShouldBe(4);
        done.GetProperty("failedAgain").GetInt64().ShouldBe(4);
        (await Host.JsonAsync("/api/operations")).GetProperty("items").EnumerateArray().Count(operation => operation.GetProperty("id").GetString() == id).ShouldBe(1);
        var items = (await Host.JsonAsync($"/api/operations/{id}/items?state=failed-again")).GetProperty("items");
        items.GetArrayLength().ShouldBe(4);
        items[0].GetProperty("error").GetString()!.ShouldContain(word);
        // The same entries again, with their count raised.
        (await shared.LettersAsync($"text={word}")).Select(letter => letter.GetProperty("times").GetInt32()).Order().ShouldBe([1, 2, 2, 2, 2]);
        (await PreviewAsync("replay", new { text = word })).GetProperty("replayedBefore").GetInt64().ShouldBe(4);
        (await Host.JsonAsync("/api/audit?action=replay&limit=200")).GetProperty("items").EnumerateArray().Count(entry => entry.GetProperty("detail").GetString()!.Contains(id, StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task A_count_that_no_longer_holds_is_refused()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        await shared.FailAsync(2, word);
        var preview = await PreviewAsync("discard", new { text = word });
        var letters = await shared.LettersAsync($"text={word}");
        var discard = await Host.PostAsync($"/api/dead-letters/{letters[0].GetProperty("id").GetString()}/discard", """{"by":"Ada","why":"seen to"}""");
        discard.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await shared.UntilOverAsync((await HostUnderTest.JsonOf(discard)).GetProperty("id").GetString()!);

        var refused = await Host.PostAsync("/api/operations", Order("discard", preview, new { text = word }));

        refused.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        refused.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await shared.CountAsync($"text={word}&state=dead")).ShouldBe(1);
        (await shared.CountAsync($"text={word}&state=discarded")).ShouldBe(1);
    }

    [Fact]
    public async Task One_is_replayed_with_another_payload_as_a_new_task()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        await shared.FailAsync(1, word);
        var id = (await shared.LettersAsync($"text={word}"))[0].GetProperty("id").GetString();
        var operation = $"edit-{Guid.NewGuid():N}";
        var body = $$$"""{"operation":"{{{operation}}}","by":"Ada","payload":{"failTimes":0,"digits":12345678901234567890}}""";

        (await Host.PostAsync($"/api/dead-letters/{id}/replay", """{"payload":{},"message":{}}""")).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await Host.PostAsync($"/api/dead-letters/{id}/replay", body)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await Host.PostAsync($"/api/dead-letters/{id}/replay", body)).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        (await shared.UntilOverAsync(operation)).GetProperty("total").GetInt64().ShouldBe(1);
        var letter = await Host.JsonAsync($"/api/dead-letters/{id}");
        letter.GetProperty("state").GetString().ShouldBe("replayed");
        var task = letter.GetProperty("replayedAs").GetString()!;
        task.ShouldNotBe(letter.GetProperty("taskId").GetString());
        await Host.WaitForAsync(task, "COMPLETED");
        (await Host.JsonAsync($"/api/rabbit/tasks/{task}")).GetProperty("payload").GetProperty("digits").GetRawText().ShouldBe("12345678901234567890");
    }

    [Fact]
    public async Task What_is_no_task_is_replayed_when_it_is_mended_and_only_then()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        await shared.Broker.PublishAsync(DeadLetterHost.Utf8("""{"typ":"flaky","payload":{"failTimes":0}} """ + word), $"m-{word}");
        await Eventually.TrueAsync(async () => (await FindBodyAsync(word)) is not null, "the malformed message is in the archive", TimeSpan.FromSeconds(60));
        var id = await FindBodyAsync(word);

        (await Host.PostAsync($"/api/dead-letters/{id}/replay", """{"payload":{}}""")).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await Host.PostAsync($"/api/dead-letters/{id}/replay", """{"message":{"payload":{}}}""")).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        var accepted = await Host.PostAsync($"/api/dead-letters/{id}/replay", """{"message":{"type":"flaky","payload":{"failTimes":0}}}""");

        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await shared.UntilOverAsync((await HostUnderTest.JsonOf(accepted)).GetProperty("id").GetString()!);
        await Host.WaitForAsync((await Host.JsonAsync($"/api/dead-letters/{id}")).GetProperty("replayedAs").GetString()!, "COMPLETED");
    }

    [Fact]
    public async Task An_operation_is_paused_resumed_and_cancelled()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        await shared.FailAsync(3, word);
        var preview = await PreviewAsync("replay", new { text = word });
        var started = await HostUnderTest.JsonOf(await Host.PostAsync("/api/operations", Order("replay", preview, new { text = word }, rate: 0.1)));
        var path = $"/api/operations/{started.GetProperty("id").GetString()}";

        (await StateAfterAsync(path, "pause")).ShouldBe("paused");
        (await StateAfterAsync(path, "pause")).ShouldBe("paused");
        (await StateAfterAsync(path, "resume")).ShouldBe("running");
        (await StateAfterAsync(path, "cancel")).ShouldBe("cancelled");

        var left = await Host.JsonAsync(path);
        (left.GetProperty("waiting").GetInt64() + left.GetProperty("skipped").GetInt64()).ShouldBeGreaterThan(0);
        (await shared.LettersAsync($"text={word}")).ShouldContain(letter => letter.GetProperty("times").GetInt32() == 1 && letter.GetProperty("state").GetString() == "dead", "what had not begun is as it was");
        (await Host.PostAsync("/api/operations/no-such/cancel", "{}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("GET", "/api/dead-letters?typ=a", null, 400)]
    [InlineData("GET", "/api/dead-letters?reason=bad", null, 400)]
    [InlineData("GET", "/api/dead-letters?state=gone", null, 400)]
    [InlineData("GET", "/api/dead-letters?from=yesterday", null, 400)]
    [InlineData("GET", "/api/dead-letters?after=junk", null, 200)]
    [InlineData("GET", "/api/dead-letters/no-such", null, 404)]
    [InlineData("GET", "/api/dead-letters/no-such/body", null, 404)]
    [InlineData("GET", "/api/dead-letters/export?format=xml", null, 400)]
    [InlineData("GET", "/api/dead-letters/export?format=csv&bodies=true", null, 400)]
    [InlineData("GET", "/api/operations/no-such", null, 404)]
    [InlineData("GET", "/api/operations/no-such/items?state=odd", null, 400)]
    [InlineData("POST", "/api/dead-letters/preview", "{}", 400)]
    [InlineData("POST", "/api/dead-letters/preview", """{"kind":"replay"}""", 400)]
    [InlineData("POST", "/api/dead-letters/preview", """{"kind":"replay","filter":{},"ids":["a"]}""", 400)]
    [InlineData("POST", "/api/dead-letters/preview", """{"kind":"replay","ids":[]}""", 400)]
    [InlineData("POST", "/api/dead-letters/preview", """{"kind":"replay","filter":{"typ":"a"}}""", 400)]
    [InlineData("POST", "/api/dead-letters/preview", """{"kind":"replay","filter":{"type":"a","type":"b"}}""", 400)]
    [InlineData("POST", "/api/dead-letters/preview", """{"kind":"replay","filter":{"state":"discarded"}}""", 400)]
    [InlineData("POST", "/api/dead-letters/preview", """{"kind":"replay","filter":{"text":"\ud800"}}""", 400)]
    [InlineData("POST", "/api/operations", """{"kind":"replay","filter":{}}""", 400)]
    [InlineData("POST", "/api/operations", """{"kind":"replay","filter":{},"cutOff":1,"expectedCount":1,"rate":0}""", 400)]
    [InlineData("POST", "/api/operations", """{"kind":"replay","filter":{},"cutOff":1,"expectedCount":1,"stopAtFailurePercent":0}""", 400)]
    [InlineData("POST", "/api/operations", """{"id":"a b","kind":"replay","filter":{},"cutOff":1,"expectedCount":1}""", 400)]
    [InlineData("POST", "/api/operations", """{"kind":"replay","ids":["no-such"],"cutOff":1,"expectedCount":1}""", 409)]
    [InlineData("POST", "/api/dead-letters/no-such/replay", "{}", 409)]
    [InlineData("POST", "/api/dead-letters/no-such/replay", """{"payload":1}""", 404)]
    [InlineData("POST", "/api/dead-letters/no-such/replay", """{"pay":1}""", 400)]
    [InlineData("POST", "/api/dead-letters/no-such/discard", """{"operation":"../x"}""", 400)]
    public async Task What_cannot_be_done_is_a_problem_that_says_why(string method, string path, string? body, int status)
    {
        await shared.OpenAsync();

        var response = method == "GET" ? await Host.GetAsync(path) : await Host.PostAsync(path, body!);

        ((int)response.StatusCode).ShouldBe(status, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        response.Content.Headers.ContentType!.MediaType.ShouldBe(status == 200 ? "application/json" : "application/problem+json");
    }

    [Fact]
    public async Task An_export_holds_all_that_match()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        // More than one page of the export.
        var ids = await shared.FailAsync(230, word);

        var lines = (await TextAsync($"/api/dead-letters/export?text={word}&bodies=true")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var table = (await TextAsync($"/api/dead-letters/export?text={word}&format=csv")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

        lines.Select(line => JsonElement.Parse(line).GetProperty("taskId").GetString()).ShouldBe(ids, ignoreOrder: true);
        lines.ShouldAllBe(line => JsonElement.Parse(line).GetProperty("body").GetString()!.Contains(word));
        table.Length.ShouldBe(231);
        table[0].ShouldStartWith("\"id\",\"module\",\"source\"");
    }

    private async Task<string?> FindBodyAsync(string word)
    {
        foreach (var letter in await shared.LettersAsync("reason=malformed"))
        {
            var id = letter.GetProperty("id").GetString();
            if ((await TextAsync($"/api/dead-letters/{id}/body")).Contains(word, StringComparison.Ordinal))
            {
                return id;
            }
        }
        return null;
    }

    private async Task<string> TextAsync(string path)
    {
        var response = await Host.GetAsync(path);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private async Task<string?> StateAfterAsync(string path, string change)
    {
        var response = await Host.PostAsync($"{path}/{change}", """{"by":"Ada"}""");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return (await HostUnderTest.JsonOf(response)).GetProperty("state").GetString();
    }

    private async Task<JsonElement> PreviewAsync(string kind, object filter)
    {
        var response = await Host.PostAsync("/api/dead-letters/preview", JsonSerializer.Serialize(new { kind, filter }));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await HostUnderTest.JsonOf(response);
    }

    private static string Order(string kind, JsonElement preview, object filter, double? rate = null) => JsonSerializer.Serialize(new
    {
        id = $"op-{Guid.NewGuid():N}",
        kind,
        filter,
        cutOff = preview.GetProperty("cutOff").GetInt64(),
        expectedCount = preview.GetProperty("count").GetInt64(),
        stopAtFailurePercent = 100,
        by = "Ada",
        rate,
    });
}
