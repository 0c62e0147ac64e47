using System.Text;
using Consumers.Tests.Fixtures;
using Microsoft.AspNetCore.Http;

namespace Consumers.Tests.Telemetry;

/// <summary>Goal S5: twelve secrets through a start, failures, the API, pages, dead letters, history, metrics and telemetry; none of them comes out anywhere.</summary>
public sealed class SecretTests
{
    private static readonly string[] Names =
        ["scaling-url", "redis-url", "kafka-sasl", "kafka-ssl", "api-key", "wrong-key", "wrong-bearer", "smtp", "endpoint-header", "endpoint-query", "otlp-header", "session"];

    [Fact]
    public async Task No_secret_comes_out_of_a_host_that_fails_in_many_ways()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        await using var worker = await HttpWorker.StartAsync();
        // Hands back what it was sent, and whom it was asked by.
        worker.Answer = async (context, call) =>
        {
            context.Response.StatusCode = call % 2 == 1 ? 503 : 422;
            await context.Response.WriteAsync($"{context.Request.Headers.Authorization} {context.Request.QueryString}");
        };
        using var folder = new TempFolder();
        await using var host = HostProcess.Launch(
            "leaky",
            [
                new("RABBITMQ_URL", ""), new("Consumers__Rabbit__Url", "embedded"), new("Consumers__Scaling__Enabled", "true"), new("Consumers__Scaling__Url", $"amqp://user:{Canary("scaling-url")}@127.0.0.1:{FreePort.Take()}/"),
                new("REDIS_URL", $"redis://:{Canary("redis-url")}@127.0.0.1:{FreePort.Take()}"), new("KAFKA_BOOTSTRAP_SERVERS", $"127.0.0.1:{FreePort.Take()}"),
                new("Consumers__Kafka__Client__security.protocol", "SASL_PLAINTEXT"), new("Consumers__Kafka__Client__sasl.mechanism", "PLAIN"), new("Consumers__Kafka__Client__sasl.username", "user"),
                new("Consumers__Kafka__Client__sasl.password", Canary("kafka-sasl")), new("Consumers__Kafka__Client__ssl.key.password", Canary("kafka-ssl")),
                new("CONSUMERS_API_KEY", Canary("api-key")),
                new("Consumers__Email__SmtpHost", "127.0.0.1"), new("Consumers__Email__SmtpPort", $"{FreePort.Take()}"), new("Consumers__Email__SmtpTls", "false"), new("Consumers__Email__SmtpUser", "user"), new("Consumers__Email__SmtpPassword", Canary("smtp")),
                new("Consumers__Http__Endpoints__worker__Url", $"{worker.Url}/?token={Canary("endpoint-query")}"), new("Consumers__Http__Endpoints__worker__Headers__Authorization", $"Bearer {Canary("endpoint-header")}"),
                .. collector.Environment().Where(variable => variable.Key != "OTEL_EXPORTER_OTLP_HEADERS"), new("OTEL_EXPORTER_OTLP_HEADERS", $"x-key={Canary("otlp-header")}"), new("OTEL_BSP_SCHEDULE_DELAY", "100"),
                new("Consumers__Retry__Base", "00:00:00.050"), new("Consumers__Retry__Cap", "00:00:00.050"), new("Consumers__History__Folder", folder.File("history")), new("Logging__LogLevel__Default", "Debug"),
            ],
            folder);
        var said = new StringBuilder();
        host.Http.DefaultRequestHeaders.Add("X-Api-Key", Canary("api-key"));
        await Eventually.TrueAsync(async () => await AskAsync("/health/live") is not null, () => $"it answers:\n{host.Output}", TimeSpan.FromSeconds(60));
        foreach (var task in (string[])
            ["""{"id":"mail","type":"email","payload":{"to":"a@example.com","subject":"s","body":"b"},"maxRetries":0}""", """{"id":"calls","type":"http","payload":{"endpoint":"worker","body":1},"maxRetries":1}"""])
        {
            using var content = new StringContent(task, Encoding.UTF8, "application/json");
            said.AppendLine(await (await host.Http.PostAsync(new Uri("/api/rabbit/tasks", UriKind.Relative), content)).Content.ReadAsStringAsync());
        }
        await Eventually.TrueAsync(
            async () => await AskAsync("/api/dead-letters") is { } letters && letters.Contains("calls", StringComparison.Ordinal) && letters.Contains("mail", StringComparison.Ordinal), () => $"both are dead-lettered:\n{host.Output}");

        // Strangers, with keys that are wrong, and somebody who signs in.
        using var stranger = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = host.Http.BaseAddress };
        stranger.DefaultRequestHeaders.Add("X-Api-Key", Canary("wrong-key"));
        said.AppendLine(await (await stranger.GetAsync(new Uri("/api/fleet", UriKind.Relative))).Content.ReadAsStringAsync());
        stranger.DefaultRequestHeaders.Remove("X-Api-Key");
        stranger.DefaultRequestHeaders.Authorization = new("Bearer", Canary("wrong-bearer"));
        said.AppendLine(await (await stranger.GetAsync(new Uri("/metrics", UriKind.Relative))).Content.ReadAsStringAsync());
        stranger.DefaultRequestHeaders.Authorization = null;
        stranger.DefaultRequestHeaders.Add("Cookie", $"consumers-session-{host.Http.BaseAddress!.Port}={Canary("session")}");
        said.AppendLine(await (await stranger.GetAsync(new Uri("/tasks", UriKind.Relative))).Content.ReadAsStringAsync());
        var letter = System.Text.Json.JsonDocument.Parse((await AskAsync("/api/dead-letters"))!).RootElement.GetProperty("items")[0].GetProperty("id").GetString();
        // Side by side: what asks a broker that is away takes its time.
        await Task.WhenAll(((string[])
            ["/", "/rabbit", "/kafka", "/scaling", "/tasks", "/tasks/calls", "/tasks/mail", "/dead-letters", $"/dead-letters/{letter}", "/instances", "/audit", "/operations", "/health/ready", "/metrics", "/openapi/v1.json",
             "/api/fleet", "/api/rabbit/tasks", "/api/rabbit/tasks/calls", "/api/rabbit/stats", "/api/kafka/stats", $"/api/dead-letters/{letter}", "/api/dead-letters", "/no-such-page", "/api/no-such-thing"])
            .Select(async path => (await AskAsync(path)).ShouldNotBeNull(path)));
        // A start that is refused says what is wrong with the address, and not the address.
        var (exit, output, error) = await HostProcess.RunAsync(["run"], [new("RABBITMQ_URL", $"http://user:{Canary("scaling-url")}@127.0.0.1:{Canary("api-key")}")], folder);
        (exit, error).ShouldSatisfyAllConditions(() => exit.ShouldBe(2), () => error.ShouldContain("Consumers:Rabbit:Url is '"));
        said.AppendLine(output).AppendLine(error);
        (await host.TerminateAsync()).ShouldBe(0);

        said.AppendLine(host.Output);
        foreach (var file in Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories))
        {
            said.AppendLine(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)));
        }
        foreach (var sent in collector.Logs.Concat(collector.Metrics))
        {
            said.AppendLine(Encoding.UTF8.GetString(sent));
        }
        foreach (var span in collector.Spans)
        {
            said.AppendLine(span.Name).AppendLine(string.Join(' ', span.Attributes));
        }
        // It saw what was to be hidden, and that was much.
        var all = said.ToString();
        worker.Posted.Count.ShouldBe(2);
        worker.Posted[0].Headers["Authorization"].ShouldBe($"Bearer {Canary("endpoint-header")}");
        collector.Spans.Count.ShouldBeGreaterThan(10);
        all.Length.ShouldBeGreaterThan(200_000);
        all.ShouldContain("worker answered 422");
        Names.Length.ShouldBe(12);
        Names.Where(name => all.Contains(Canary(name), StringComparison.Ordinal)).ShouldBeEmpty();

        async Task<string?> AskAsync(string path)
        {
            try
            {
                using var answer = await host.Http.GetAsync(new Uri(path, UriKind.Relative));
                var text = $"{answer.Headers}{await answer.Content.ReadAsStringAsync()}";
                lock (said)
                {
                    said.AppendLine(text);
                }
                return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync() : text;
            }
            catch (HttpRequestException)
            {
                return null;
            }
        }
    }

    private static string Canary(string name) => $"canary-{name}-7f3c";
}
