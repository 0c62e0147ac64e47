using System.Reflection;
using System.Xml.Linq;

namespace Consumers.Tests;

/// <summary>Who may know whom (DESIGN §2): references point one way.</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> MayReference = new(StringComparer.Ordinal)
    {
        ["Consumers.Core"] = [],
        ["Consumers.Ledger"] = ["Consumers.Core"],
        ["Consumers.Fleet"] = ["Consumers.Core"],
        ["Consumers.Kafka"] = ["Consumers.Core"],
        ["Consumers.Rabbit"] = ["Consumers.Core"],
        ["Consumers.Scaling"] = ["Consumers.Core", "Consumers.Rabbit"],
        ["Consumers.Host"] = ["Consumers.Core", "Consumers.Ledger", "Consumers.Fleet", "Consumers.Kafka", "Consumers.Rabbit", "Consumers.Scaling"],
    };

    private static readonly (string Prefix, string[] Only)[] ClientsBelongTo =
    [
        ("RabbitMQ", ["Consumers.Rabbit"]),
        ("Confluent", ["Consumers.Kafka"]),
        ("StackExchange.Redis", ["Consumers.Fleet"]),
        ("Microsoft.EntityFrameworkCore", ["Consumers.Ledger"]),
        ("Microsoft.Data.Sqlite", ["Consumers.Ledger"]),
        ("Microsoft.AspNetCore", ["Consumers.Host"]),
        ("OpenTelemetry", ["Consumers.Host"]),
    ];

    public static TheoryData<string> Projects => [.. MayReference.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_it_may(string project)
    {
        var references = Assembly.Load(project).GetReferencedAssemblies().Select(name => name.Name!).ToArray();

        references.Where(name => name.StartsWith("Consumers.", StringComparison.Ordinal)).ShouldBeSubsetOf(MayReference[project]);
        foreach (var (prefix, only) in ClientsBelongTo)
        {
            if (!only.Contains(project))
            {
                references.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ShouldBeEmpty($"{prefix} belongs to {string.Join(", ", only)}");
            }
        }
    }

    [Fact]
    public void Every_product_project_is_covered_here()
    {
        var root = RepositoryRoot.Path;
        var projects = Directory.GetDirectories(root, "Consumers.*").Select(Path.GetFileName).Except(["Consumers.Tests", "Consumers.Benchmarks"]);

        projects.ShouldBe(MayReference.Keys, ignoreOrder: true);
    }

    [Fact]
    public void No_project_pins_a_version_of_its_own() =>
        Directory.EnumerateFiles(RepositoryRoot.Path, "*.csproj", SearchOption.AllDirectories)
            .SelectMany(file => XDocument.Load(file).Descendants("PackageReference").Where(reference => reference.Attribute("Version") is not null))
            .ShouldBeEmpty();
}
