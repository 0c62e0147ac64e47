using System.Net;
using System.Text;

namespace Consumers.Tests.Host;

public sealed class ApiTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private readonly HostUnderTest _host = shared.Host;

    [Fact]
    public async Task A_task_is_accepted_with_its_address_and_runs()
    {
        var response = await _host.PostAsync("/api/rabbit/tasks", """{"type":"sleep","payload":{"complexityMs":1},"key":"k"}""");

        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var answer = await HostUnderTest.JsonOf(response);
        answer.GetProperty("status").GetString().ShouldBe("QUEUED");
        var id = answer.GetProperty("id").GetString()!;
        response.Headers.Location!.ToString().ShouldBe($"/api/rabbit/tasks/{id}");
        await _host.WaitForAsync(id, "COMPLETED");
        var row = await _host.JsonAsync($"/api/rabbit/tasks/{id}");
        foreach (var member in new[] { "id", "type", "payload", "key", "status", "workerId", "retryCount", "maxRetries", "startTime", "completedTime", "errorMessage", "createdAt", "module", "attempts" })
        {
            row.TryGetProperty(member, out _).ShouldBeTrue(member);
        }
        row.GetProperty("payload").GetProperty("complexityMs").GetInt32().ShouldBe(1);
        row.GetProperty("attempts").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task The_same_id_is_accepted_again_with_the_same_body_and_refused_with_another()
    {
        var id = $"same-{Guid.NewGuid():N}";
        (await _host.PostAsync("/api/rabbit/tasks", $$$"""{"id":"{{{id}}}","type":"sleep","payload":{"complexityMs":1}}""")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await _host.PostAsync("/api/rabbit/tasks", $$$"""{"id":"{{{id}}}","type":"sleep","payload":{"complexityMs":1}}""")).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        var other = await _host.PostAsync("/api/rabbit/tasks", $$$"""{"id":"{{{id}}}","type":"sleep","payload":{"complexityMs":2}}""");

        other.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await HostUnderTest.JsonOf(other)).GetProperty("errors").TryGetProperty("/id", out _).ShouldBeTrue();
    }

    [Theory]
    [InlineData("not json", 400, "")]
    [InlineData("""{"payload":{}}""", 422, "/type")]
    [InlineData("""{"type":""}""", 422, "/type")]
    [InlineData("""{"type":"sleep","retryCount":"x"}""", 422, "/retryCount")]
    [InlineData("""{"type":"sleep","type":"sleep"}""", 422, null)]
    [InlineData("""{"type":"bad type"}""", 422, "/type")]
    [InlineData("null", 422, "")]
    public async Task What_is_no_task_is_refused_as_a_problem_that_points_at_the_member(string body, int status, string? pointer)
    {
        var response = await _host.PostAsync("/api/rabbit/tasks", body);

        ((int)response.StatusCode).ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var errors = (await HostUnderTest.JsonOf(response)).GetProperty("errors");
        if (pointer is not null)
        {
            errors.TryGetProperty(pointer, out _).ShouldBeTrue(errors.ToString());
        }
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/xml")]
    public async Task Only_json_is_accepted(string mediaType) =>
        (await _host.PostAsync("/api/rabbit/tasks", """{"type":"sleep"}""", mediaType)).StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);

    [Fact]
    public async Task A_body_over_the_cap_is_refused_also_when_it_only_grows_over_it_as_a_message()
    {
        (await _host.PostAsync("/api/rabbit/tasks", Body(1024 * 1024 + 1))).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        // Fits as it came, but not with the id and the counts that the message carries.
        (await _host.PostAsync("/api/rabbit/tasks", Body(1024 * 1024))).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);

        static string Body(int length) => """{"type":"sleep","payload":"PAD"}""".Replace("PAD", new string('x', length - 29));
    }

    [Fact]
    public async Task An_unknown_module_is_a_problem_that_names_the_modules()
    {
        var response = await _host.PostAsync("/api/kafka/tasks", """{"type":"sleep"}""");

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await HostUnderTest.JsonOf(response)).GetProperty("detail").GetString().ShouldBe("This host has no module 'kafka'. Its modules: rabbit, scaling.");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/x-ndjson")]
    public async Task A_batch_accepts_what_is_right_and_names_what_is_wrong(string mediaType)
    {
        string[] tasks = ["""{"type":"sleep","payload":{"complexityMs":0}}""", """{"no":"type"}""", """{"type":"sleep","payload":{"complexityMs":0}}"""];

        var response = await _host.PostAsync("/api/rabbit/tasks/batch", mediaType == "application/json" ? $"[{string.Join(",\n", tasks)}]" : string.Join("\r\n\n", tasks), mediaType);

        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var answer = await HostUnderTest.JsonOf(response);
        answer.GetProperty("accepted").GetInt32().ShouldBe(2);
        answer.GetProperty("ids").GetArrayLength().ShouldBe(2);
        var rejected = answer.GetProperty("rejected")[0];
        rejected.GetProperty("index").GetInt32().ShouldBe(1);
        rejected.GetProperty("error").GetString().ShouldBe("$.type is missing");
    }

    [Theory]
    [InlineData("{}", HttpStatusCode.BadRequest)]
    [InlineData("[{}", HttpStatusCode.BadRequest)]
    [InlineData("[] x", HttpStatusCode.BadRequest)]
    [InlineData("[{}]", HttpStatusCode.UnprocessableEntity)]
    [InlineData("[]", HttpStatusCode.Accepted)]
    public async Task A_batch_that_is_none_is_refused_whole(string body, HttpStatusCode status) =>
        (await _host.PostAsync("/api/rabbit/tasks/batch", body)).StatusCode.ShouldBe(status);

    [Fact]
    public async Task A_batch_over_ten_thousand_is_refused_whole()
    {
        var body = new StringBuilder();
        for (var i = 0; i <= 10_000; i++)
        {
            body.Append("{\"type\":\"never-accepted\"}\n");
        }
        (await _host.PostAsync("/api/rabbit/tasks/batch", body.ToString(), "application/x-ndjson")).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await _host.JsonAsync("/api/rabbit/tasks?type=never-accepted")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Pages_of_tasks_follow_one_another_without_gap_or_repeat()
    {
        var type = $"paged-{Guid.NewGuid():N}";
        var tasks = string.Join('\n', Enumerable.Range(0, 25).Select(i => $$"""{"id":"{{type}}-{{i}}","type":"{{type}}"}"""));
        (await _host.PostAsync("/api/rabbit/tasks/batch", tasks, "application/x-ndjson")).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        var (seen, after) = (new List<string>(), "");
        do
        {
            var page = await _host.JsonAsync($"/api/rabbit/tasks?type={type}&limit=10&after={Uri.EscapeDataString(after)}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!));
            after = page.GetProperty("next").GetString() ?? "";
        }
        while (after.Length > 0 && seen.Count <= 25);

        seen.ShouldBeUnique();
        seen.Count.ShouldBe(25);
    }

    [Theory]
    [InlineData("/api/rabbit/tasks?status=SLEEPING", 400)]
    [InlineData("/api/rabbit/tasks?limit=abc", 400)]
    [InlineData("/api/rabbit/tasks?after=junk", 200)]
    [InlineData("/api/rabbit/tasks/no-such-task", 404)]
    [InlineData("/api/rabbit/nothing", 404)]
    [InlineData("/api/rabbit/stats", 200)]
    [InlineData("/api/fleet", 200)]
    [InlineData("/openapi/v1.json", 200)]
    public async Task Answers_are_json_and_errors_are_problems(string path, int status)
    {
        var response = await _host.GetAsync(path);

        ((int)response.StatusCode).ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldStartWith(status == 200 ? "application/json" : "application/problem+json");
    }

    [Fact]
    public async Task The_description_names_every_path_of_the_api()
    {
        var paths = (await _host.JsonAsync("/openapi/v1.json")).GetProperty("paths").EnumerateObject().Select(path => path.Name).ToArray();

        paths.ShouldBeSubsetOf(["/api/fleet", "/api/{module}/tasks", "/api/{module}/tasks/batch", "/api/{module}/tasks/{id}", "/api/{module}/stats", "/health/live", "/health/ready",
            "/api/{module}/orphans", "/api/{module}/orphans/publish", "/api/{module}/pause", "/api/{module}/resume", "/api/{module}/types/{type}/pause", "/api/{module}/types/{type}/resume",
            "/api/dead-letters", "/api/dead-letters/causes", "/api/dead-letters/export", "/api/dead-letters/preview", "/api/dead-letters/{id}", "/api/dead-letters/{id}/body", "/api/dead-letters/{id}/replay", "/api/dead-letters/{id}/discard",
            "/api/operations", "/api/operations/{id}", "/api/operations/{id}/items", "/api/operations/{id}/pause", "/api/operations/{id}/resume", "/api/operations/{id}/cancel", "/api/audit"]);
        paths.Length.ShouldBe(28);
    }

    [Fact]
    public async Task Health_says_who_and_how()
    {
        var ready = await _host.GetAsync("/health/ready");

        ready.StatusCode.ShouldBe(HttpStatusCode.OK);
        ready.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var body = await HostUnderTest.JsonOf(ready);
        body.GetProperty("status").GetString().ShouldBe("healthy");
        body.GetProperty("checks")[0].GetProperty("name").GetString().ShouldBe("ledger");
        (await _host.GetAsync("/health/live")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
