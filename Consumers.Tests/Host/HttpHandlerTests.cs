using System.Text;
using Consumers.Core;
using Consumers.Host.Handlers.Http;
using Consumers.Tests.Fixtures;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Consumers.Tests.Host;

/// <summary>The <c>http</c> handler against a real server.</summary>
public sealed class HttpHandlerTests : IAsyncLifetime
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private readonly FakeTime _time = new();
    private readonly HttpTaskOptions _options = new();
    private HttpWorker _worker = null!;
    private HttpCaller _caller = null!;

    private string Payload => """{"endpoint":"worker","body":{"a":1}}""";

    public async ValueTask InitializeAsync()
    {
        _worker = await HttpWorker.StartAsync();
        _options.Endpoints["worker"] = new HttpEndpointOptions { Url = $"{_worker.Url}/tasks" };
        _caller = new HttpCaller(Options.Create(_options), Options.Create(new ConsumersOptions()), _time);
    }

    public async ValueTask DisposeAsync()
    {
        _caller.Dispose();
        await _worker.DisposeAsync();
    }

    [Theory]
    [InlineData(200, typeof(TaskOutcome.Succeeded))]
    [InlineData(202, typeof(TaskOutcome.Succeeded))]
    [InlineData(204, typeof(TaskOutcome.Succeeded))]
    [InlineData(408, typeof(TaskOutcome.Retryable))]
    [InlineData(425, typeof(TaskOutcome.Retryable))]
    [InlineData(429, typeof(TaskOutcome.Retryable))]
    [InlineData(500, typeof(TaskOutcome.Retryable))]
    [InlineData(503, typeof(TaskOutcome.Retryable))]
    [InlineData(599, typeof(TaskOutcome.Retryable))]
    [InlineData(400, typeof(TaskOutcome.Permanent))]
    [InlineData(401, typeof(TaskOutcome.Permanent))]
    [InlineData(404, typeof(TaskOutcome.Permanent))]
    [InlineData(409, typeof(TaskOutcome.Permanent))]
    [InlineData(422, typeof(TaskOutcome.Permanent))]
    [InlineData(304, typeof(TaskOutcome.Permanent))]
    [InlineData(600, typeof(TaskOutcome.Permanent))]
    public async Task The_status_decides_the_outcome(int status, Type outcome)
    {
        Answers(status);

        (await RunAsync(Payload)).ShouldBeOfType(outcome);
    }

    [Fact]
    public async Task The_body_arrives_byte_for_byte_with_headers_that_tell_attempt_and_trace()
    {
        _options.Endpoints["worker"].Headers["Authorization"] = "Bearer letmein";
        const string body = """{ "amount": 1.50, "big": 123456789012345678901234567890, "text": "ä \u00e4" }""";

        (await RunAsync($$"""{"endpoint":"Worker","body":{{body}}}""", attempt: 3, traceParent: Trace)).ShouldBeOfType<TaskOutcome.Succeeded>();

        var posted = _worker.Posted.ShouldHaveSingleItem();
        posted.What.ShouldBe("POST /tasks");
        Encoding.UTF8.GetString(posted.Body).ShouldBe(body);
        posted.Headers["Content-Type"].ShouldBe("application/json");
        posted.Headers["Idempotency-Key"].ShouldBe("order-42");
        posted.Headers["X-Task-Id"].ShouldBe("order-42");
        posted.Headers["X-Task-Attempt"].ShouldBe("3");
        posted.Headers["traceparent"].ShouldBe(Trace);
        posted.Headers["Authorization"].ShouldBe("Bearer letmein");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("nonsense")]
    [InlineData("00-0-0-00\r\nX-Evil: 1")]
    public async Task A_trace_that_is_none_is_left_out(string? traceParent)
    {
        (await RunAsync("""{"endpoint":"worker"}""", traceParent: traceParent)).ShouldBeOfType<TaskOutcome.Succeeded>();

        var posted = _worker.Posted.ShouldHaveSingleItem();
        posted.Headers.Keys.ShouldNotContain("traceparent");
        posted.Headers.Keys.ShouldNotContain("X-Evil");
        Encoding.UTF8.GetString(posted.Body).ShouldBe("null");
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData(" 120 ", 120)]
    [InlineData("86401", 86_400)]
    [InlineData("99999999999999999999999999", 86_400)]
    [InlineData("Fri, 20 Nov 2026 12:01:30 GMT", 90)]
    [InlineData("Wed, 20 Nov 2126 12:01:30 GMT", 86_400)]
    [InlineData("Fri, 20 Nov 2026 11:59:00 GMT", null)]
    [InlineData("0", null)]
    [InlineData("-5", null)]
    [InlineData("1.5", null)]
    [InlineData("soon", null)]
    [InlineData("", null)]
    public async Task Retry_after_is_honoured_in_both_forms_up_to_the_longest_delay(string retryAfter, int? seconds)
    {
        Answers(503, headers: [("Retry-After", retryAfter), ("Date", "Fri, 20 Nov 2026 12:00:00 GMT")]);

        (await RunAsync(Payload)).ShouldBeOfType<TaskOutcome.Retryable>().After.ShouldBe(seconds is { } s ? TimeSpan.FromSeconds(s) : null);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_not_followed(int status)
    {
        await using var elsewhere = await HttpWorker.StartAsync();
        Answers(status, headers: [("Location", elsewhere.Url)]);

        (await RunAsync(Payload)).ShouldBeOfType<TaskOutcome.Permanent>().Reason.ShouldContain("redirects are not followed");

        _worker.Posted.Count.ShouldBe(1);
        elsewhere.Posted.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_payload_names_an_endpoint_and_reaches_no_other_address()
    {
        await using var elsewhere = await HttpWorker.StartAsync();
        foreach (var endpoint in (string[])[elsewhere.Url, $"worker@{elsewhere.Url[7..]}", "worker/../x", "", "none", $"{_worker.Url}/tasks"])
        {
            (await RunAsync($$"""{"endpoint":"{{endpoint}}","url":"{{elsewhere.Url}}","body":1}""")).ShouldBeOfType<TaskOutcome.Permanent>().Reason.ShouldContain("has no such name");
        }
        (await RunAsync("""{"body":1}""")).ShouldBeOfType<TaskOutcome.Permanent>().Reason.ShouldContain("payload.endpoint is missing");
        (await RunAsync("null")).ShouldBeOfType<TaskOutcome.Permanent>();

        elsewhere.Posted.ShouldBeEmpty();
        _worker.Posted.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_beginning_of_the_answer_is_the_reason_however_long_the_answer_is()
    {
        _worker.Answer = async (context, _) =>
        {
            context.Response.StatusCode = 422;
            await context.Response.WriteAsync("no such\r\ncustomer ");
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync(new string('x', 10_000), context.RequestAborted);
            }
        };

        var reason = (await RunAsync(Payload)).ShouldBeOfType<TaskOutcome.Permanent>().Reason;

        reason.ShouldStartWith("worker answered 422: no such  customer xxx");
        reason.Length.ShouldBeLessThan(ResponseExcerpt.MaxLength + 30);
    }

    [Fact]
    public async Task An_answer_that_never_ends_still_has_a_status()
    {
        _options.Timeout = TimeSpan.FromSeconds(20);
        var begun = new TaskCompletionSource();
        _worker.Answer = async (context, _) =>
        {
            context.Response.StatusCode = 404;
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        };

        var run = RunAsync(Payload);
        await begun.Task;
        await PassTheTimeoutAsync(run);

        (await run).ShouldBeOfType<TaskOutcome.Permanent>().Reason.ShouldStartWith("worker answered 404");
    }

    [Theory]
    [InlineData("s3cret-canary")]
    [InlineData("long-canary")]
    public async Task A_configured_secret_that_the_server_sends_back_is_masked(string canary)
    {
        var secret = canary + new string('z', canary == "long-canary" ? 6000 : 0);
        _options.Endpoints["worker"].Headers["Authorization"] = $"Bearer {secret}";
        _options.Endpoints["worker"].Url += "?token=query-canary";
        _worker.Answer = (context, _) =>
        {
            context.Response.StatusCode = 401;
            return context.Response.WriteAsync($"{context.Request.QueryString} and {context.Request.Headers.Authorization} and {secret} are not known");
        };

        var reason = (await RunAsync(Payload)).ShouldBeOfType<TaskOutcome.Permanent>().Reason;

        reason.ShouldStartWith("worker answered 401: ?*** and ***");
        reason.ShouldNotContain("canary");
        reason.ShouldNotContain("zzzz");
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_a_retry_and_a_shutdown_is_neither()
    {
        _worker.Answer = (context, _) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        var run = RunAsync(Payload);
        await Eventually.TrueAsync(() => _worker.Posted.Count == 1, "the request has come");
        await PassTheTimeoutAsync(run);

        (await run).ShouldBeOfType<TaskOutcome.Retryable>().Reason.ShouldBe("worker did not answer within 30 s (Consumers:Http:Timeout)");

        using var stop = new CancellationTokenSource();
        var interrupted = RunAsync(Payload, cancellationToken: stop.Token);
        await Eventually.TrueAsync(() => _worker.Posted.Count == 2, "the second request has come");
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => interrupted);
    }

    [Fact]
    public async Task A_server_that_is_away_or_hangs_up_is_a_retry()
    {
        _worker.Answer = (context, _) =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        (await RunAsync(Payload)).ShouldBeOfType<TaskOutcome.Retryable>().Reason.ShouldStartWith("worker could not be called: ");

        _options.Endpoints["worker"].Url = $"http://127.0.0.1:{FreePort.Take()}/?token=query-canary";
        var reason = (await RunAsync(Payload)).ShouldBeOfType<TaskOutcome.Retryable>().Reason;
        reason.ShouldStartWith("worker could not be called: ConnectionError");
        reason.ShouldNotContain("query-canary");
    }

    [Fact]
    public async Task An_endpoint_is_a_task_type_too_and_gets_the_whole_payload()
    {
        ITaskHandler handler = new HttpEndpointTaskHandler(_caller, Options.Create(_options));
        handler.CanHandle("http.worker").ShouldBeTrue();
        handler.CanHandle("http.other").ShouldBeFalse();
        handler.CanHandle("http.").ShouldBeFalse();
        handler.CanHandle("http").ShouldBeFalse();

        (await OneAttempt.RunAsync(handler, "http.worker", """{"endpoint":"x", "a":[1]}""")).ShouldBeOfType<TaskOutcome.Succeeded>();

        Encoding.UTF8.GetString(_worker.Posted.ShouldHaveSingleItem().Body).ShouldBe("""{"endpoint":"x", "a":[1]}""");
    }

    private void Answers(int status, params (string Name, string Value)[] headers) => _worker.Answer = (context, _) =>
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers)
        {
            context.Response.Headers[name] = value;
        }
        return Task.CompletedTask;
    };

    /// <summary>The client may not have begun to wait yet when the server has begun to answer, so the clock goes on until the run has ended.</summary>
    private async Task PassTheTimeoutAsync(Task run)
    {
        var ended = run.ContinueWith(_ => { }, TaskScheduler.Default);
        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(10));
                return ended.IsCompleted;
            },
            "the run has ended");
    }

    private Task<TaskOutcome> RunAsync(string payload, int attempt = 1, string? traceParent = null, CancellationToken cancellationToken = default) =>
        OneAttempt.RunAsync(new HttpTaskHandler(_caller, Options.Create(_options)), "http", payload, attempt, "order-42", traceParent, cancellationToken);
}
