using System.Net.Http.Json;
using System.Text.Json;
using Consumers.Tests.Fixtures;
using Microsoft.AspNetCore.Http;

namespace Consumers.Tests.Telemetry;

/// <summary>A host in a process of its own, on the real broker, sends its spans over a real socket. The next batch would go after a minute: what arrives was sent by the stop.</summary>
public sealed class RabbitTraceTests
{
    [Fact]
    public async Task From_the_request_to_the_called_service_and_to_the_dead_letter_a_task_is_one_trace()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var worker = await HttpWorker.StartAsync();
        worker.Answer = (context, call) => Answer(context, call == 1 ? 503 : 200);
        using var folder = new TempFolder();
        await using var host = await HostProcess.StartAsync(
            "tracer",
            [
                .. broker.Environmental(), .. collector.Environment(),
                new("Consumers__Retry__Base", "00:00:00.100"), new("Consumers__Retry__Cap", "00:00:00.400"),
                new("Consumers__Http__Endpoints__worker__Url", worker.Url),
                new("OTEL_BSP_SCHEDULE_DELAY", "60000"), new("OTEL_METRIC_EXPORT_INTERVAL", "60000"), new("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test"),
                new("Consumers__Telemetry__TraceUrlTemplate", "https://traces.example/t/{traceId}"),
            ],
            folder);
        // A producer that traces, and is no program of ours.
        const string Trace = "0af7651916cd43dd8448eb211c80319c";
        const string Created = "b7ad6b7169203331";
        await broker.PublishAsync("""{"id":"dies","type":"flaky","payload":{"failTimes":9,"mode":"throw"},"maxRetries":1}"""u8.ToArray(), "dies", new Dictionary<string, string> { ["traceparent"] = $"00-{Trace}-{Created}-01" });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/rabbit/tasks") { Content = JsonContent.Create(new { id = "calls", type = "http", payload = new { endpoint = "worker", body = 1 } }) };
        (await host.Http.SendAsync(request, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        await ReachesAsync(host, "calls", "COMPLETED");
        await ReachesAsync(host, "dies", "FAILED");
        await Eventually.TrueAsync(() => broker.DeadLetters.Count == 1, "the dead letter is there");
        collector.Spans.ShouldBeEmpty();
        var page = await host.Http.GetStringAsync(new Uri("/tasks/dies", UriKind.Relative), TestContext.Current.CancellationToken);
        page.ShouldContain($"""href="https://traces.example/t/{Trace}" """.TrimEnd());
        JsonElement[] letters = [];
        await Eventually.TrueAsync(
            async () => (letters = [.. (await host.Http.GetFromJsonAsync<JsonElement>("/api/dead-letters", TestContext.Current.CancellationToken)).GetProperty("items").EnumerateArray()]).Length == 1, "the dead letter is archived");
        page = await host.Http.GetStringAsync(new Uri($"/dead-letters/{letters[0].GetProperty("id").GetString()}", UriKind.Relative), TestContext.Current.CancellationToken);
        page.ShouldContain($"""href="https://traces.example/t/{Trace}" """.TrimEnd());

        (await host.TerminateAsync()).ShouldBe(0);

        var spans = collector.Spans;
        collector.Requests.ShouldContain("/v1/traces red");
        collector.Requests.ShouldContain("/v1/metrics red");
        collector.Logs.ShouldNotBeEmpty();
        spans.ShouldAllBe(span => span.Resource["service.instance.id"] == "tracer" && span.Resource["service.name"] == "consumers" && span.Resource["deployment.environment.name"] == "test");
        spans.Where(span => span.Scope == "Consumers").ShouldAllBe(span => span.Schema == "https://opentelemetry.io/schemas/1.44.0");
        spans.ShouldNotContain(span => span.Name.Contains("/health", StringComparison.Ordinal));

        // The one that dies: the producer's context is in the dead letter as it came, and all that was done for it is under it.
        broker.DeadLetters[0].Headers["traceparent"].ShouldBe($"00-{Trace}-{Created}-01");
        var dying = spans.Where(span => span.TraceId == Trace).ToArray();
        var attempts = dying.Where(span => span.Name == $"process {broker.WorkQueue}").OrderBy(span => span["consumers.task.attempt"]).ToArray();
        attempts.Select(span => (span.Kind, span.Parent, span.Status, span["consumers.task.attempt"], span["consumers.task.outcome"])).ShouldBe([(5, Created, 2, "1", "retry"), (5, Created, 2, "2", "dead")]);
        attempts.SelectMany(span => span.Links).ShouldBe([(Trace, Created), (Trace, Created)]);
        attempts.ShouldAllBe(span => span["error.type"] == "Consumers.Host.Handlers.FlakyException"
            && span["messaging.message.id"] == "dies" && span["messaging.system"] == "rabbitmq" && span["messaging.operation.type"] == "process" && span["messaging.client.id"] == "tracer"
            && span["consumers.module"] == "rabbit" && span["consumers.task.type"] == "flaky");
        attempts[1]["consumers.dead.reason"].ShouldBe("exhausted");
        var retry = dying.Single(span => span.Name == $"publish {broker.Prefix}-retry.100ms");
        (retry.Kind, retry.Parent, retry.Links.Single(), retry["consumers.retry.tier"]).ShouldBe((3, attempts[0].Id, (Trace, Created), "100ms"));
        var dead = dying.Single(span => span.Name == $"publish {broker.Prefix}-dead-exchange:{broker.DeadLetterQueue}");
        (dead.Kind, dead.Parent, dead.Links.Single()).ShouldBe((3, attempts[1].Id, (Trace, Created)));
        dying.Where(span => span.Name.StartsWith("ledger", StringComparison.Ordinal)).Select(span => (span.Name, span.Parent)).ShouldBe(
            [("ledger begin", attempts[0].Id), ("ledger settle", attempts[0].Id), ("ledger begin", attempts[1].Id), ("ledger settle", attempts[1].Id)], ignoreOrder: true);

        // The one that came in through the API, and calls another service.
        var server = spans.Single(span => span.Kind == 2 && span["http.route"] == "/api/{module}/tasks");
        var calling = spans.Where(span => span.TraceId == server.TraceId).ToArray();
        var publish = calling.Single(span => span.Kind == 4);
        (publish.Name, publish.Parent, publish.Links.Count).ShouldBe(($"publish {broker.Prefix}-exchange:{broker.WorkQueue}", server.Id, 0));
        var calls = calling.Where(span => span.Name == $"process {broker.WorkQueue}").OrderBy(span => span["consumers.task.attempt"]).ToArray();
        calls.Select(span => (span.Parent, span.Status, span["error.type"], span["consumers.task.outcome"])).ShouldBe([(publish.Id, 2, "retryable", "retry"), (publish.Id, 0, null, "success")]);
        worker.Posted.Select(posted => posted.Headers["traceparent"].Split('-')[1]).ShouldBe([server.TraceId, server.TraceId]);
        worker.Posted.Select(posted => calling.Single(span => span.Id == posted.Headers["traceparent"].Split('-')[2]).Parent).ShouldBe(calls.Select(span => span.Id));

        // The log of each attempt's end says in which trace it was.
        var line = host.Output.Split('\n').Select(text => JsonDocument.Parse(text).RootElement).First(log => log.GetProperty("Message").GetString()!.Contains("dies failed at attempt 1", StringComparison.Ordinal));
        line.GetProperty("State").GetProperty("TaskType").GetString().ShouldBe("flaky");
        var scope = line.GetProperty("Scopes").EnumerateArray().First(of => of.TryGetProperty("TraceId", out _));
        (scope.GetProperty("TraceId").GetString(), scope.GetProperty("SpanId").GetString()).ShouldBe((Trace, attempts[0].Id));
    }

    [Fact]
    public async Task What_the_command_line_publishes_begins_a_trace_where_one_is_recorded()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        await using var broker = await RabbitBroker.ConnectAsync();
        using var folder = new TempFolder();

        var (exit, _, error) = await HostProcess.RunAsync(["publish", "rabbit", "--type", "sleep", "--id", "from-cli"], [.. broker.Environmental(), .. collector.Environment("grpc")], folder);

        exit.ShouldBe(0, error);
        var sent = collector.Spans.ShouldHaveSingleItem();
        (sent.Name, sent.Kind, sent.Parent, sent["messaging.message.id"]).ShouldBe(($"publish {broker.Prefix}-exchange:{broker.WorkQueue}", 4, "", "from-cli"));
    }

    private static Task Answer(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static Task ReachesAsync(HostProcess host, string id, string status) => Eventually.TrueAsync(
        async () =>
        {
            var answer = await host.Http.GetAsync(new Uri($"/api/rabbit/tasks/{id}", UriKind.Relative), TestContext.Current.CancellationToken);
            return answer.IsSuccessStatusCode && (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("status").GetString() == status;
        },
        $"{id} is {status}; the host's output:\n{host.Output}");
}
