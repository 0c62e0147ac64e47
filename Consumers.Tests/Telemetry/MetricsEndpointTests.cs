using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Consumers.Host.Telemetry;
using Consumers.Tests.Fixtures;
using Consumers.Tests.Host;

namespace Consumers.Tests.Telemetry;

/// <summary>One host in a process of its own that has seen every outcome; all tests read it.</summary>
public sealed class MeasuredHost : IAsyncLifetime
{
    public const string Key = "a-key-that-nobody-guesses";

    private readonly TempFolder _folder = new();

    public HostProcess Host { get; private set; } = null!;

    public string Text { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Host = await HostProcess.StartAsync(
            "measured",
            [
                new("RABBITMQ_URL", "embedded"), new("Consumers__Scaling__Enabled", "true"), new("KAFKA_BOOTSTRAP_SERVERS", "embedded"), new("CONSUMERS_API_KEY", Key),
                new("Consumers__Retry__Base", "00:00:00.050"), new("Consumers__Retry__Cap", "00:00:00.100"),
            ],
            _folder);
        Host.Http.DefaultRequestHeaders.Add("X-Api-Key", Key);
        foreach (var (module, task) in ((string, string)[])
            [("rabbit", """{"type":"sleep","payload":{"complexityMs":5}}"""), ("rabbit", """{"type":"flaky","payload":{"failTimes":1}}"""), ("rabbit", """{"type":"flaky","payload":{"mode":"permanent"}}"""), ("kafka", """{"type":"sleep","payload":{"complexityMs":5}}"""), ("scaling", """{"type":"sleep","payload":{"complexityMs":5}}""")])
        {
            using var content = new StringContent(task, System.Text.Encoding.UTF8, "application/json");
            (await Host.Http.PostAsync(new Uri($"/api/{module}/tasks", UriKind.Relative), content)).EnsureSuccessStatusCode();
        }
        await Eventually.TrueAsync(
            async () =>
            {
                Text = await Host.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
                return ((string[])["""consumers_dead_letters{consumers_module="rabbit"} 1""", """consumers_ledger_imbalance{consumers_module="rabbit"} 0""", """consumers_lag{consumers_module="kafka",""", """consumers_tasks_settled_total{consumers_module="kafka",consumers_task_outcome="success",""", """consumers_tasks_settled_total{consumers_module="scaling",""", """consumers_task_outcome="success",consumers_task_type="flaky"} 1"""])
                    .All(line => Text.Contains(line, StringComparison.Ordinal));
            },
            () => $"everything is measured; /metrics says\n{Text}\nand the host\n{Host.Output}", TimeSpan.FromSeconds(60));
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        _folder.Dispose();
    }
}

public sealed partial class MetricsEndpointTests(MeasuredHost measured) : IClassFixture<MeasuredHost>
{
    /// <summary>What is told only under a condition that this host does not meet.</summary>
    private static readonly Dictionary<string, string> Conditional = new(StringComparer.Ordinal)
    {
        ["consumers_broker_reconnects_total"] = "after a connection was lost",
        ["consumers_types_paused_total"] = "after a type was paused by its breaker",
        ["consumers_fairness_jain_ratio"] = "after a minute of work in the scaling module",
        ["consumers_instance_share_ratio"] = "after a while of work",
        ["up"] = "Prometheus' own",
        ["ALERTS"] = "Prometheus' own",
    };

    [Fact]
    public async Task Promtool_finds_nothing_to_say_against_it()
    {
        var (exit, output) = await PrometheusServer.ToolAsync(measured.Text, "check", "metrics");

        output.ShouldBe("");
        exit.ShouldBe(0);
    }

    [Fact]
    public async Task A_real_prometheus_scrapes_it_as_OpenMetrics_and_evaluates_every_rule()
    {
        using var folder = new TempFolder();
        await using var prometheus = await PrometheusServer.StartAsync(measured.Host.Http.BaseAddress!, folder, MeasuredHost.Key);

        await Eventually.TrueAsync(async () => (await prometheus.QueryAsync("""sum(consumers_tasks_settled_total{consumers_task_outcome="success"})""")) is [4], "Prometheus counts four successes", TimeSpan.FromSeconds(60));
        (await prometheus.QueryAsync("up")).ShouldBe([1]);
        (await prometheus.QueryAsync("""consumers_tasks_dead_lettered_total{consumers_dead_reason="permanent",consumers_task_type="flaky"}""")).ShouldBe([1]);
        (await prometheus.QueryAsync("""messaging_process_duration_seconds_bucket{consumers_task_type="sleep",consumers_module="rabbit",le="+Inf"}""")).ShouldBe([1]);
        (await prometheus.QueryAsync("""messaging_process_duration_seconds_bucket{consumers_task_type="sleep",consumers_module="rabbit",le="0.005"}""")).ShouldBe([0]);
        (await prometheus.QueryAsync("""target_info{service_instance_id="measured",service_namespace="week7"}""")).ShouldBe([1]);
        await Eventually.TrueAsync(async () => (await prometheus.RulesAsync()) is { Count: > 15 } rules && rules.Values.All(health => health == "ok"), "every rule is evaluated");
    }

    [Fact]
    public void Every_metric_of_a_rule_or_a_dashboard_is_one_of_the_host()
    {
        var told = Names(measured.Text).ToHashSet(StringComparer.Ordinal);
        var labels = Label().Matches(measured.Text).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        var rules = string.Join('\n', Directory.EnumerateFiles(Path.Combine(PrometheusServer.Folder, "rules")).Select(File.ReadAllText));
        var recorded = Recorded().Matches(rules).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        var expressions = ObservabilityFileTests.DashboardExpressions().Select(of => of.Expression).Concat(ObservabilityFileTests.RuleExpressions()).ToArray();
        expressions.Length.ShouldBeGreaterThan(60);

        var named = expressions.SelectMany(expression => Metric().Matches(expression)).Select(match => match.Value).Distinct().ToArray();
        named.Length.ShouldBeGreaterThan(30);
        var unknown = named.Where(name => !told.Contains(name) && !labels.Contains(name) && !recorded.Contains(name) && !Conditional.ContainsKey(name)
            // Of a label that only such a metric has.
            && name is not ("consumers_rebalance_kind" or "error_type" or "consumers_retry_tier"));

        unknown.ShouldBeEmpty();
        // What is declared as conditional must not have become a name that nobody uses any more.
        Conditional.Keys.Where(name => !named.Contains(name) && name is not ("up" or "ALERTS")).ShouldBeEmpty();
    }

    [Fact]
    public async Task It_is_closed_to_whom_the_host_is_closed_to()
    {
        using var stranger = new HttpClient { BaseAddress = measured.Host.Http.BaseAddress };
        (await stranger.GetAsync(new Uri("/metrics", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        stranger.DefaultRequestHeaders.Authorization = new("Bearer", "a-key-that-nobody-guesseS");
        (await stranger.GetAsync(new Uri("/metrics", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        stranger.DefaultRequestHeaders.Authorization = new("Bearer", MeasuredHost.Key);
        var answer = await stranger.GetAsync(new Uri("/metrics", UriKind.Relative));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
    }

    [Fact]
    public void Depths_ages_and_dependencies_are_told_and_what_is_unknown_is_absent()
    {
        var lines = measured.Text.Split('\n');
        lines.ShouldContain("""consumers_backlog{consumers_module="rabbit"} 0""");
        lines.ShouldContain("""consumers_backlog_oldest_age_seconds{consumers_module="rabbit"} 0""");
        lines.ShouldContain("""consumers_retries_waiting{consumers_module="kafka",consumers_retry_tier="50ms",messaging_destination_name="task-retry-50ms"} 0""");
        lines.ShouldContain("""consumers_partition_owned{consumers_module="kafka",messaging_destination_name="task-execution",messaging_destination_partition_id="5"} 1""");
        lines.ShouldContain("""consumers_dependency_up{consumers_dependency="Kafka"} 1""");
        lines.ShouldContain("""consumers_paused{consumers_module="scaling"} 0""");
        lines.ShouldContain("consumers_redis_buffered 0");
        lines.Count(line => line.StartsWith("consumers_build_info{commit=\"", StringComparison.Ordinal) && line.EndsWith("version=\"0.1.0\"} 1", StringComparison.Ordinal)).ShouldBe(1);
        // Too little was done to speak of fairness.
        lines.ShouldNotContain(line => line.StartsWith("consumers_fairness", StringComparison.Ordinal));
        lines.Length.ShouldBeLessThan(1500);
    }

    [Fact]
    public async Task Without_metrics_there_is_no_page_and_the_start_says_so()
    {
        await using var host = await HostUnderTest.StartAsync(("Consumers:Telemetry:Metrics", "false"));

        (await host.GetAsync("/metrics")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        OtlpSignal.Summary(new Microsoft.Extensions.Configuration.ConfigurationBuilder().Build(), new TelemetryOptions { Metrics = false })
            .ShouldBe("traces, metrics, logs over OTLP (OTEL_EXPORTER_OTLP_ENDPOINT is not set); /metrics (Consumers:Telemetry:Metrics is false)");
        measured.Host.Output.Split('\n').Count(line => JsonDocument.Parse(line).RootElement.GetProperty("Message").GetString()!.StartsWith("Switched off: traces", StringComparison.Ordinal)).ShouldBe(1);
    }

    /// <summary>Of all samples.</summary>
    private static IEnumerable<string> Names(string text) => text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('{', ' ')[0]);

    [GeneratedRegex(@"[{,](?<name>[a-z_]+)=""")]
    private static partial Regex Label();

    [GeneratedRegex(@"record: (?<name>\S+)")]
    private static partial Regex Recorded();

    [GeneratedRegex(@"\b(consumers|messaging|dotnet|http|error|target)_[a-z0-9_:]+|\bconsumers:[a-z0-9_:]+|\bup\b|\bALERTS\b")]
    private static partial Regex Metric();
}
