using System.Reflection;

namespace Consumers.Tests.Verify;

/// <summary>The tests that prove the most in minutes: <c>./scripts/test.sh -- -trait Set=quick</c>.</summary>
public sealed class QuickSetTests
{
    [Fact]
    public void The_documentation_lists_the_classes_of_the_quick_set()
    {
        var page = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs", "reliability.md"));
        var section = page[page.IndexOf("## The quick set", StringComparison.Ordinal)..];
        var table = section[..section.IndexOf("\n## ", StringComparison.Ordinal)];

        var classes = typeof(QuickSetTests).Assembly.GetTypes()
            .Where(type => IsQuick(type) || type.GetMethods().Any(IsQuick))
            .Select(type => type.FullName!["Consumers.Tests.".Length..]).ToArray();

        classes.ShouldNotBeEmpty();
        classes.Where(name => !table.Contains($"`{name}`", StringComparison.Ordinal)).ShouldBeEmpty("each is in the table");
    }

    private static bool IsQuick(MemberInfo member) => member.GetCustomAttributes<TraitAttribute>().Any(trait => trait is { Name: "Set", Value: "quick" });
}
