using Consumers.Host.Cli;

namespace Consumers.Host.Verify;

/// <summary>What must be on the machine.</summary>
internal static class Prerequisites
{
    /// <exception cref="CliException">Something is missing: what, and the line that brings it.</exception>
    public static void Check(bool usesRabbit, bool usesRedis)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new CliException(ExitCode.Unreachable, "verify kills, freezes and finds processes by /proc, so it runs on Linux only.");
        }
        string[] missing = [.. Missing(usesRabbit, usesRedis)];
        if (missing.Length > 0)
        {
            throw new CliException(
                ExitCode.Unreachable,
                $"verify starts servers of its own, and {string.Join(" and ", missing)} {(missing.Length == 1 ? "is" : "are")} not installed. Install with: apt-get install -y {string.Join(' ', missing)}"
                + $"{Environment.NewLine}       Without them: consumers verify --broker kafka-mock");
        }
    }

    private static IEnumerable<string> Missing(bool usesRabbit, bool usesRedis)
    {
        if (usesRabbit && RabbitNode.Binaries is null)
        {
            yield return "rabbitmq-server";
        }
        if (usesRedis && RedisNode.Binary is null)
        {
            yield return "redis-server";
        }
    }
}
