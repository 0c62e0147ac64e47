using Consumers.Host.Cli;

namespace Consumers.Host.Hosting;

/// <summary>Which modules run: <c>Consumers:&lt;Module&gt;:Enabled</c>, or <c>--modules</c>.</summary>
internal static class ModuleSwitches
{
    public const string Rabbit = "rabbit";

    public const string Kafka = "kafka";

    public const string Scaling = "scaling";

    /// <summary>The modules that this build has.</summary>
    public static readonly IReadOnlyList<string> Known = [Rabbit, Kafka, Scaling];

    /// <summary>A module's name as typed, or the error that says what was wrong with it.</summary>
    public static string Parse(string name)
    {
        var lower = name.Trim().ToLowerInvariant();
        if (Known.Contains(lower))
        {
            return lower;
        }
        throw new CliException(ExitCode.BadInput, $"'{Terminal.Clean(name)}' is not a module.{NearestWord.Hint(lower, [.. Known])} Modules here: {string.Join(", ", Known)}.");
    }

    public static IEnumerable<KeyValuePair<string, string?>> FromCommandLine(string? modules)
    {
        if (modules is null)
        {
            return [];
        }
        var chosen = modules.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Parse).ToHashSet();
        return Known.Select(name => KeyValuePair.Create<string, string?>($"Consumers:{name}:Enabled", chosen.Contains(name) ? "true" : "false"));
    }

    public static bool IsEnabled(IConfiguration configuration, string module)
    {
        var value = configuration[$"Consumers:{module}:Enabled"];
        return string.IsNullOrEmpty(value) || (bool.TryParse(value, out var enabled)
            ? enabled
            : throw new CliException(ExitCode.BadInput, $"Consumers:{char.ToUpperInvariant(module[0])}{module[1..]}:Enabled is '{Terminal.Clean(value)}', but must be true or false."));
    }
}
