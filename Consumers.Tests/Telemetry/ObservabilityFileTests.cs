using System.Text.Json;
using System.Text.RegularExpressions;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Telemetry;

/// <summary>The files of <c>docker/observability</c>, and what else names variables and options.</summary>
public sealed partial class ObservabilityFileTests
{
    private static readonly string Folder = Path.Combine(RepositoryRoot.Path, "docker", "observability");

    [Fact]
    public async Task The_rules_hold_under_promtools_unit_tests()
    {
        var tests = Directory.GetFiles(Path.Combine(PrometheusServer.Folder, "tests"), "*.test.yaml");
        tests.Length.ShouldBe(2);

        var (exit, output) = await PrometheusServer.ToolAsync(null, ["test", "rules", .. tests]);

        exit.ShouldBe(0, output);
        // Each alert is made to fire at least once.
        var all = string.Concat(tests.Select(File.ReadAllText));
        Alerts().Select(alert => alert.Name).Where(name => !Regex.IsMatch(all, $@"alertname: {name}\s+exp_alerts:\s+- exp_labels")).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_configuration_of_prometheus_is_valid()
    {
        var (exit, output) = await PrometheusServer.ToolAsync(null, "check", "config", "--syntax-only", Path.Combine(PrometheusServer.Folder, "prometheus.yml"));
        exit.ShouldBe(0, output);
        (exit, output) = await PrometheusServer.ToolAsync(null, ["check", "rules", .. Directory.GetFiles(Path.Combine(PrometheusServer.Folder, "rules"))]);
        exit.ShouldBe(0, output);
    }

    [Fact]
    public void Every_alert_says_what_is_the_matter_and_has_a_runbook_that_names_it()
    {
        var alerts = Alerts();
        alerts.Count.ShouldBe(9);
        foreach (var (name, text) in alerts)
        {
            text.ShouldContain("summary:", customMessage: name);
            text.ShouldContain("description:", customMessage: name);
            Regex.IsMatch(text, "severity: (page|ticket)").ShouldBeTrue(name);
            var runbook = Regex.Match(text, @"runbook: (\S+)").Groups[1].Value;
            File.ReadAllText(Path.Combine(RepositoryRoot.Path, runbook)).ShouldContain($"`{name}`", customMessage: name);
        }
        // And no runbook is for an alert that is gone.
        var named = Directory.GetFiles(Path.Combine(RepositoryRoot.Path, "docs", "runbooks")).SelectMany(file => AlertName().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).Distinct();
        named.Except(alerts.Select(alert => alert.Name)).ShouldBeEmpty();
    }

    [Fact]
    public void Dashboards_name_no_data_source_and_every_panel_has_a_title_and_a_query()
    {
        var files = Directory.GetFiles(Path.Combine(Folder, "grafana", "dashboards"), "*.json");
        files.Length.ShouldBe(2);
        var uids = new List<string>();
        foreach (var file in files)
        {
            var board = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
            uids.Add(board.GetProperty("uid").GetString()!);
            foreach (var panel in board.GetProperty("panels").EnumerateArray().Where(panel => panel.GetProperty("type").GetString() != "row"))
            {
                panel.GetProperty("title").GetString().ShouldNotBeNullOrEmpty(file);
                panel.GetProperty("description").GetString().ShouldNotBeNullOrEmpty($"{file}: {panel.GetProperty("title")}");
                panel.GetProperty("datasource").GetProperty("uid").GetString().ShouldBe("${datasource}");
                panel.GetProperty("targets").GetArrayLength().ShouldBeGreaterThan(0);
            }
            board.GetProperty("panels").EnumerateArray().Select(panel => panel.GetProperty("id").GetInt32()).ShouldBeUnique();
        }
        uids.ShouldBe(["consumers-module", "consumers-overview"], ignoreOrder: true);
        // Links between them lead somewhere.
        foreach (Match link in Regex.Matches(string.Concat(files.Select(File.ReadAllText)), @"""/d/([a-z-]+)"""))
        {
            uids.ShouldContain(link.Groups[1].Value);
        }
    }

    [Fact]
    public async Task Every_query_of_a_dashboard_can_be_parsed()
    {
        using var folder = new TempFolder();
        var number = 0;
        // As a recording rule, so that promtool parses it; what Grafana puts in is put in here.
        var rules = DashboardExpressions().Select(of => $"""
              - record: panel:{number++}
                expr: {JsonSerializer.Serialize(of.Expression.Replace("$__rate_interval", "1m", StringComparison.Ordinal).Replace("$module", "rabbit", StringComparison.Ordinal).Replace("$type", ".*", StringComparison.Ordinal))}
            """).ToArray();
        await File.WriteAllTextAsync(folder.File("panels.yaml"), $"groups:\n- name: panels\n  rules:\n{string.Join('\n', rules)}\n");

        var (exit, output) = await PrometheusServer.ToolAsync(null, "check", "rules", folder.File("panels.yaml"));

        exit.ShouldBe(0, output);
        output.ShouldContain($"SUCCESS: {rules.Length} rules found");
    }

    [Fact]
    public void Compose_mounts_what_is_there_and_names_every_service_that_a_configuration_speaks_to()
    {
        var compose = File.ReadAllText(Path.Combine(Folder, "compose.yaml"));
        foreach (Match mount in Regex.Matches(compose, @"- (\./[^:]+):"))
        {
            Path.Exists(Path.Combine(Folder, mount.Groups[1].Value)).ShouldBeTrue(mount.Value);
        }
        var services = Regex.Matches(compose[..compose.IndexOf("\nsecrets:", StringComparison.Ordinal)], @"^  ([a-z]+):$", RegexOptions.Multiline).Select(match => match.Groups[1].Value).ToArray();
        services.ShouldBe(["prometheus", "grafana", "collector", "tempo", "loki"]);
        var spokenTo = Directory.EnumerateFiles(Folder, "*.yaml", SearchOption.AllDirectories).Where(file => !file.EndsWith("compose.yaml", StringComparison.Ordinal) && !file.Contains("tests", StringComparison.Ordinal))
            .SelectMany(file => Regex.Matches(File.ReadAllText(file), @"(?:http://|endpoint: )([a-z]+):\d+")).Select(match => match.Groups[1].Value).Distinct();
        spokenTo.ShouldBeSubsetOf(services);
        // Everything on this machine's loopback only, and every image by its version.
        Regex.Matches(compose, @"- ""([^""]+:\d+)""").ShouldAllBe(port => port.Groups[1].Value.StartsWith("127.0.0.1:", StringComparison.Ordinal));
        Regex.Matches(compose, @"image: (\S+)").ShouldAllBe(image => Regex.IsMatch(image.Groups[1].Value, @":v?\d+\.\d+\.\d+$"));
        compose.ShouldNotContain("\t");
    }

    [Fact]
    public void The_example_of_an_environment_names_every_variable_that_is_read_and_no_other()
    {
        var sources = Directory.EnumerateDirectories(RepositoryRoot.Path, "Consumers.*").Where(folder => !folder.EndsWith("Tests", StringComparison.Ordinal) && !folder.EndsWith("Benchmarks", StringComparison.Ordinal))
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)).Where(file => !file.Contains("/obj/", StringComparison.Ordinal));
        // What verify tells the brokers that it starts is theirs; HTTP_PORTS is ASPNETCORE_HTTP_PORTS once it is configuration.
        var read = sources.SelectMany(file => VariableInCode().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value)
            .Where(name => name == "RABBITMQ_URL" || !(name.StartsWith("RABBITMQ_", StringComparison.Ordinal) || name.StartsWith("ERL_", StringComparison.Ordinal) || name == "HTTP_PORTS"));
        var scripts = Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "scripts")).Concat(Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "docker"), "compose.yaml", SearchOption.AllDirectories));
        var used = scripts.SelectMany(file => VariableInScript().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).Except(["CI", "REPLY", "TMPDIR", "NUGET_PACKAGES", "XDG_CACHE_HOME"]);
        // Read by the frameworks beneath, and told of in our documents.
        string[] beneath =
        [
            "ASPNETCORE_ENVIRONMENT", "ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_TRACES_SAMPLER_ARG",
            "OTEL_BSP_SCHEDULE_DELAY", "OTEL_METRIC_EXPORT_INTERVAL", "CONSUMERS_LONG_TESTS",
        ];

        var named = File.ReadAllLines(Path.Combine(RepositoryRoot.Path, ".env.example")).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('=')[0]).ToArray();

        named.ShouldBeUnique();
        named.ShouldBe(read.Concat(used).Concat(beneath).Distinct(), ignoreOrder: true);
    }

    /// <summary>Of every panel, variable and annotation.</summary>
    internal static IEnumerable<(string Board, string Expression)> DashboardExpressions() =>
        from file in Directory.EnumerateFiles(Path.Combine(Folder, "grafana", "dashboards"), "*.json")
        from Match match in Regex.Matches(File.ReadAllText(file), @"""expr"": ""((?:[^""\\]|\\.)*)""")
        select (Path.GetFileName(file), JsonSerializer.Deserialize<string>($"\"{match.Groups[1].Value}\"")!);

    internal static IEnumerable<string> RuleExpressions() =>
        from file in Directory.EnumerateFiles(Path.Combine(PrometheusServer.Folder, "rules"))
        from Match match in Regex.Matches(File.ReadAllText(file), @"expr: (?:\|\n((?:          .*\n)+)|(.+)\n)")
        select match.Groups[1].Value + match.Groups[2].Value;

    private static List<(string Name, string Text)> Alerts() =>
        [.. File.ReadAllText(Path.Combine(PrometheusServer.Folder, "rules", "alerts.yaml")).Split("- alert: ").Skip(1).Select(text => (text.Split('\n')[0], text))];

    [GeneratedRegex(@"`(Consumers[A-Z][A-Za-z]+)` \((?:page|ticket)\)")]
    private static partial Regex AlertName();

    [GeneratedRegex(@"""([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)""")]
    private static partial Regex VariableInCode();

    [GeneratedRegex(@"\$\{([A-Z][A-Z0-9_]+)[:?+-]")]
    private static partial Regex VariableInScript();
}
