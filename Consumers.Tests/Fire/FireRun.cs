using Consumers.Host.Hosting;

namespace Consumers.Tests.Fire;

/// <summary>A fleet of real processes under load and faults, as <c>consumers verify</c> runs one.</summary>
internal static class FireRun
{
    private const double PerSecond = 120;

    /// <summary>More rounds when <c>CONSUMERS_LONG_TESTS</c> is 1.</summary>
    public static int Rounds(int usually, int longer) => Fixtures.LongTests.AreOn ? longer : usually;

    public static Uri SharedBroker()
    {
        var url = Environment.GetEnvironmentVariable("RABBITMQ_URL");
        Assert.SkipWhen(string.IsNullOrEmpty(url) || url == "embedded", "RABBITMQ_URL names no broker; ./scripts/test.sh starts one");
        return new Uri(url!);
    }

    /// <summary>Runs and says the figures in the test's output. A run that is not valid keeps its folder, and says where.</summary>
    public static async Task<VerifyResult> RunAsync(int seed, FaultPlan plan, Uri? broker, string module = ModuleSwitches.Rabbit, int instances = 3, bool isGuarded = true)
    {
        var output = TestContext.Current.TestOutputHelper;
        var request = new VerifyRequest
        {
            Modules = [module],
            Instances = instances,
            Rate = PerSecond,
            Seed = seed,
            Load = TimeSpan.FromSeconds(3),
            Plan = plan,
            Exercises = false,
            IsGuarded = isGuarded,
        };
        var result = await new VerifyRun(request, line => output?.WriteLine(line), broker).RunAsync(TestContext.Current.CancellationToken);
        using var text = new StringWriter();
        TextReport.Print(result, text);
        output?.WriteLine(text.ToString());
        return result;
    }
}
