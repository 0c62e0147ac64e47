namespace Consumers.Tests.Hostile;

/// <summary>Whether the longer variants run: CONSUMERS_LONG_TESTS=1.</summary>
internal static class LongTests
{
    public static bool AreOn { get; } = Environment.GetEnvironmentVariable("CONSUMERS_LONG_TESTS") == "1";
}
