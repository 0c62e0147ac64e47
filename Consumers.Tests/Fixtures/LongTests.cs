namespace Consumers.Tests.Fixtures;

/// <summary>Tests that take long run only when CONSUMERS_LONG_TESTS is 1.</summary>
public static class LongTests
{
    public static bool AreOn => Environment.GetEnvironmentVariable("CONSUMERS_LONG_TESTS") == "1";

    public static void Require(string why) => Assert.SkipUnless(AreOn, $"takes long ({why}); set CONSUMERS_LONG_TESTS=1");
}
