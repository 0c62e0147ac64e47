using Consumers.Host.Cli;
using Consumers.Host.Hosting;
using Consumers.Host.Telemetry;
using Consumers.Tests.Fixtures;
using Consumers.Tests.Host;
using Microsoft.Extensions.Configuration;

namespace Consumers.Tests.Telemetry;

public sealed class TelemetryOptionTests
{
    private const string Id = "4bf92f3577b34da6a3ce929d0e0e4736";

    [Theory]
    [InlineData("https://tempo.example/trace/{traceId}", "https://tempo.example/trace/4bf92f3577b34da6a3ce929d0e0e4736")]
    [InlineData("http://127.0.0.1:3000/explore?left=%5B%22{traceId}%22%5D", "http://127.0.0.1:3000/explore?left=%5B%224bf92f3577b34da6a3ce929d0e0e4736%22%5D")]
    public void A_template_leads_to_the_trace(string template, string url)
    {
        Validate(template).ShouldBeNull();
        TraceUrl.Of(template, Id).ShouldBe(url);
    }

    [Theory]
    [InlineData("https://tempo.example/trace/")]
    [InlineData("javascript:alert('{traceId}')")]
    [InlineData("ftp://tempo.example/{traceId}")]
    [InlineData("/trace/{traceId}")]
    [InlineData("https://{traceId}.example/")]
    [InlineData("https://user:secret@tempo.example/{traceId}")]
    public void A_template_that_is_none_is_refused_by_name(string template) => Validate(template)!.ShouldStartWith("Consumers:Telemetry:TraceUrlTemplate is '");

    [Theory]
    [InlineData("4BF92F3577B34DA6A3CE929D0E0E4736")]
    [InlineData("\"><script>alert(1)</script>aaaaa")]
    [InlineData("4bf92f")]
    [InlineData(null)]
    public void What_is_no_trace_id_is_no_link(string? id) => TraceUrl.Of("https://tempo.example/{traceId}", id).ShouldBeNull();

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "must be an http or https URL")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "amqp://user:canary@collector", "must be an http or https URL")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/v1/traces/x y", "must be an http or https URL")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "must be grpc or http/protobuf")]
    public void A_wrong_variable_stops_the_start_with_its_name(string name, string value, string rule)
    {
        var refused = Should.Throw<CliException>(() => ConsumersHost.Create(new RunSettings
        {
            Urls = "http://127.0.0.1:0",
            Settings = new Dictionary<string, string?> { ["CONSUMERS_API_KEY"] = "", ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1", [name] = value },
        }));

        refused.ExitCode.ShouldBe(2);
        refused.Message.ShouldStartWith($"{name} is '");
        refused.Message.ShouldContain(rule);
        refused.Message.ShouldNotContain("canary");
    }

    [Theory]
    [InlineData(null, null, "OTEL_EXPORTER_OTLP_ENDPOINT is not set")]
    [InlineData("OTEL_TRACES_EXPORTER", "none", "OTEL_TRACES_EXPORTER is none")]
    [InlineData("OTEL_SDK_DISABLED", "true", "OTEL_SDK_DISABLED is true")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317", null)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:4318/v1/traces", null)]
    public void A_signal_knows_why_it_is_off(string? name, string? value, string? why) =>
        OtlpSignal.Traces.WhyOff(new ConfigurationBuilder().AddInMemoryCollection(name is null ? [] : [new(name, value)]).Build()).ShouldBe(why);

    [Fact]
    public async Task A_collector_that_is_away_holds_up_neither_tasks_nor_the_stop()
    {
        using var folder = new TempFolder();
        await using var host = await HostProcess.StartAsync(
            "lonely", [new("RABBITMQ_URL", "embedded"), new("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://127.0.0.1:{FreePort.Take()}"), new("OTEL_BSP_SCHEDULE_DELAY", "100")], folder);
        using var content = new StringContent("""{"id":"t","type":"sleep","payload":{"complexityMs":1}}""", System.Text.Encoding.UTF8, "application/json");
        (await host.Http.PostAsync(new Uri("/api/rabbit/tasks", UriKind.Relative), content)).EnsureSuccessStatusCode();
        await Eventually.TrueAsync(async () => (await host.Http.GetStringAsync(new Uri("/api/rabbit/tasks/t", UriKind.Relative))).Contains("COMPLETED", StringComparison.Ordinal), "the task is done");
        // Its trace is where nobody can look it up, but its row tells the id.
        (await host.Http.GetStringAsync(new Uri("/api/rabbit/tasks/t", UriKind.Relative))).ShouldMatch("\"traceId\":\"[0-9a-f]{32}\"");

        var asked = TimeProvider.System.GetTimestamp();
        (await host.TerminateAsync()).ShouldBe(0);
        TimeProvider.System.GetElapsedTime(asked).ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Logs_are_for_people_in_the_development_environment_and_objects_of_json_otherwise()
    {
        using var folder = new TempFolder();
        await using var people = await HostProcess.StartAsync("people", [new("RABBITMQ_URL", "embedded"), new("ASPNETCORE_ENVIRONMENT", "Development")], folder);

        people.Output.Split('\n').ShouldContain(line => System.Text.RegularExpressions.Regex.IsMatch(line, @"^\d\d:\d\d:\d\d\.\d{3} info: Consumers\.Host\[1\] people is up: http://127\.0\.0\.1:\d+"));
    }

    [Fact]
    public async Task Without_a_template_no_page_has_a_link()
    {
        await using var host = await HostUnderTest.StartAsync();
        await host.PostAsync("/api/rabbit/tasks", """{"id":"plain","type":"sleep","payload":{"complexityMs":1}}""");
        await host.WaitForAsync("plain", "COMPLETED");

        (await (await host.GetAsync("/tasks/plain")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldNotContain("its trace");
    }

    private static string? Validate(string template) => new TelemetryOptionsValidator().Validate(null, new TelemetryOptions { TraceUrlTemplate = template }) is { Failed: true } failed ? failed.Failures!.Single() : null;
}
