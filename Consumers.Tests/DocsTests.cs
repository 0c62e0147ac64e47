using System.Text.RegularExpressions;
using Consumers.Core;

namespace Consumers.Tests;

/// <summary>What the documents name exists.</summary>
public sealed partial class DocsTests
{
    private static readonly string Root = RepositoryRoot.Path;

    private static IEnumerable<string> Documents =>
        Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories).Append(Path.Combine(Root, "README.md"));

    [Fact]
    public void Every_file_that_a_document_names_exists()
    {
        var missing = from document in Documents
                      from Match match in FileName().Matches(File.ReadAllText(document))
                      let name = match.Groups["name"].Value.Replace("./", "", StringComparison.Ordinal)
                      where !File.Exists(Path.Combine(Root, name)) && !Directory.Exists(Path.Combine(Root, name))
                      select $"{Path.GetRelativePath(Root, document)} names {name}";

        missing.ShouldBeEmpty();
    }

    [Fact]
    public void Every_relative_link_leads_somewhere()
    {
        var broken = from document in Documents
                     from Match match in Link().Matches(File.ReadAllText(document))
                     let target = match.Groups["target"].Value.Split('#')[0]
                     where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal)
                     where !Path.Exists(Path.Combine(Path.GetDirectoryName(document)!, target))
                     select $"{Path.GetRelativePath(Root, document)} links to {target}";

        broken.ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_command_that_a_document_shows_is_known()
    {
        var verbs = Documents.SelectMany(document => Command().Matches(File.ReadAllText(document)).Select(match => match.Groups["verb"].Value)).Distinct().ToArray();
        verbs.ShouldContain("publish");
        using var folder = new Fixtures.TempFolder();
        foreach (var verb in verbs)
        {
            var (exit, output, error) = await Fixtures.HostProcess.RunAsync([verb, "--help"], [], folder);
            exit.ShouldBe(0, $"consumers {verb} --help: {error}");
            output.ShouldContain(verb);
        }
    }

    [Fact]
    public void The_diagram_of_the_life_of_a_task_has_exactly_its_states()
    {
        var diagram = File.ReadAllText(Path.Combine(Root, "docs", "lifecycle.md")).Split("```")[1];
        var states = StateName().Matches(diagram).Select(match => match.Value).Distinct();

        states.ShouldBe(TaskStateNames.All.Select(state => state.ToWire()), ignoreOrder: true);
    }

    [Fact]
    public void Every_type_that_the_walkthrough_names_is_in_the_source()
    {
        var source = string.Join('\n', Directory.EnumerateFiles(Root, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(Path.GetFileNameWithoutExtension));
        var named = TypeName().Matches(File.ReadAllText(Path.Combine(Root, "docs", "walkthrough.md"))).Select(match => match.Groups["type"].Value).Distinct();

        named.Where(type => !source.Contains(type, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void No_two_decisions_have_one_number()
    {
        var numbers = Directory.EnumerateFiles(Path.Combine(Root, "docs", "decisions"), "*.md").Select(file => Path.GetFileName(file)[..4]).ToArray();

        numbers.ShouldBeUnique();
    }

    [Fact]
    public void Every_option_is_in_the_configuration_page()
    {
        var page = File.ReadAllText(Path.Combine(Root, "docs", "configuration.md"));
        (string Section, Type Type)[] options =
        [
            (ConsumersOptions.Section, typeof(ConsumersOptions)),
            ("Consumers:Retry", typeof(RetryOptions)),
            ("Consumers:Handlers", typeof(HandlerDefaults)),
            ("Consumers:Breaker", typeof(BreakerOptions)),
            ("Consumers:DeadLetters", typeof(DeadLetterOptions)),
            (Consumers.Kafka.KafkaOptions.Section, typeof(Consumers.Kafka.KafkaOptions)),
            (Consumers.Rabbit.RabbitOptions.Section, typeof(Consumers.Rabbit.RabbitOptions)),
            (Consumers.Scaling.ScalingOptions.Section, typeof(Consumers.Scaling.ScalingOptions)),
            (Consumers.Fleet.RedisOptions.Section, typeof(Consumers.Fleet.RedisOptions)),
            (HistoryOptions.Section, typeof(HistoryOptions)),
            ("Consumers:Telemetry", typeof(Consumers.Core.TraceOptions)),
            (Consumers.Host.Telemetry.TelemetryOptions.Section, typeof(Consumers.Host.Telemetry.TelemetryOptions)),
            ("Consumers:Ledger", typeof(Consumers.Ledger.LedgerOptions)),
            ("Consumers:Email", typeof(Consumers.Host.Handlers.Email.EmailOptions)),
            ("Consumers:Flaky", typeof(Consumers.Host.Handlers.FlakyOptions)),
            ("Consumers:Report", typeof(Consumers.Host.Handlers.Report.ReportOptions)),
            ("Consumers:Http", typeof(Consumers.Host.Handlers.Http.HttpTaskOptions)),
            ("Consumers:Http:Endpoints:<name>", typeof(Consumers.Host.Handlers.Http.HttpEndpointOptions)),
        ];
        var missing = from option in options
                      from property in option.Type.GetProperties()
                      where property.CanWrite && !property.PropertyType.Namespace!.StartsWith("Consumers", StringComparison.Ordinal) | property.PropertyType.IsEnum
                      let name = $"{option.Section}:{property.Name}"
                      where !page.Contains($"`{name}", StringComparison.Ordinal)
                      select name;

        missing.ShouldBeEmpty();
    }

    [GeneratedRegex(@"`(?<name>(\./)?(scripts|docs|docker|samples|Consumers\.[A-Z]\w+)/[\w./-]+)`")]
    private static partial Regex FileName();

    [GeneratedRegex(@"\]\((?<target>[^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"(\./scripts/consumers|`consumers) (?<verb>[a-z-]+)")]
    private static partial Regex Command();

    [GeneratedRegex(@"\b[A-Z]{6,}\b")]
    private static partial Regex StateName();

    [GeneratedRegex(@"`(?<type>[A-Z]\w+[a-z]\w*)`")]
    private static partial Regex TypeName();
}
