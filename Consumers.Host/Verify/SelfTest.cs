using Consumers.Core;
using Consumers.Host.Hosting;
using Consumers.Host.Proof;

namespace Consumers.Host.Verify;

/// <summary>
/// Whether a run would find what it says is not there: each promise is broken once on purpose, and must be reported under its own invariant. Without this the zeroes of a report mean nothing.
/// </summary>
internal static class SelfTest
{
    /// <summary>Not the fleet's: the fault itself does nothing, and the run must not pass for one that was put to the test.</summary>
    public const string IdleFault = "idle-fault";

    private static readonly TimeSpan Load = TimeSpan.FromSeconds(6);
    private const double Rate = 120;

    public static IReadOnlyList<SelfTestCase> Cases { get; } =
    [
        new(Sabotage.AckBeforeOutcome, "I5", ModuleSwitches.Rabbit, FaultPlan.None),
        new(Sabotage.PublishWithoutConfirm, "I5", ModuleSwitches.Rabbit, FaultPlan.None),
        new(Sabotage.NoGuard, "I4", ModuleSwitches.Rabbit, FaultPlan.None),
        new(Sabotage.NoEpochCheck, "I18", ModuleSwitches.Rabbit, FaultPlan.Of(FaultKind.Freeze)),
        new(Sabotage.RetryEarly, "I7", ModuleSwitches.Rabbit, FaultPlan.None),
        new(Sabotage.DropMalformed, "I17", ModuleSwitches.Rabbit, FaultPlan.None),
        new(Sabotage.StatusBeforeLedger, "I6", ModuleSwitches.Rabbit, FaultPlan.None),
        new(Sabotage.CountTwice, "I11", ModuleSwitches.Scaling, FaultPlan.None),
        new(Sabotage.CommitPastGap, "I10", ModuleSwitches.Kafka, FaultPlan.None),
        new(Sabotage.ReplayTwice, "I14", ModuleSwitches.Rabbit, FaultPlan.None),
        new(IdleFault, "I21", ModuleSwitches.Rabbit, FaultPlan.Of(FaultKind.Kill)),
    ];

    /// <param name="found">Told of each as soon as it is known.</param>
    public static async Task<IReadOnlyList<SelfTestResult>> RunAsync(int seed, Action<string> say, Action<SelfTestResult> found, CancellationToken cancellationToken)
    {
        await using var place = new Workplace(keeps: false);
        await using var rabbit = new RabbitNode(place.Subfolder("rabbitmq"), place.Mark);
        var results = new List<SelfTestResult>();
        try
        {
            await rabbit.StartAsync(cancellationToken);
            foreach (var @case in Cases)
            {
                say($"{@case.Sabotage} …");
                var run = await new VerifyRun(@case.Request(seed), say, rabbit.Url).RunAsync(cancellationToken);
                var result = SelfTestResult.From(@case, run.Proof);
                // What was kept of it shows nothing but the sabotage.
                if (run.Folder is { } folder)
                {
                    Directory.Delete(folder, recursive: true);
                }
                results.Add(result);
                found(result);
            }
        }
        catch (TimeoutException e)
        {
            throw new VerifyAbortedException(e.Message, e);
        }
        finally
        {
            await place.Mark.EndAllAsync();
            place.Remove();
        }
        return results;
    }

    private static VerifyRequest Request(this SelfTestCase @case, int seed) => new()
    {
        Modules = [@case.Module],
        Instances = 2,
        Rate = Rate,
        Seed = seed,
        Load = Load,
        Plan = @case.Plan,
        Exercises = @case.Sabotage == Sabotage.ReplayTwice,
        Sabotage = @case.Sabotage,
    };
}

/// <param name="Invariant">The one that it must be reported under.</param>
internal sealed record SelfTestCase(string Sabotage, string Invariant, string Module, FaultPlan Plan);

/// <param name="Reported">Every invariant that reported something, the one that must first.</param>
/// <param name="Example">One finding of that invariant; null when there was none.</param>
internal sealed record SelfTestResult(string Sabotage, string Invariant, string Module, bool IsFound, int Findings, IReadOnlyList<string> Reported, string? Example)
{
    public static SelfTestResult From(SelfTestCase @case, FleetProof proof)
    {
        var all = proof.Violations.Concat(proof.Doubts).ToArray();
        var its = all.Where(finding => finding.Invariant == @case.Invariant).ToArray();
        // A doubt alone makes no run invalid; a sabotage of the fleet must.
        var isFound = its.Length > 0 && proof.Verdict == (@case.Sabotage == SelfTest.IdleFault ? ProofVerdict.Unknown : ProofVerdict.Invalid);
        return new(@case.Sabotage, @case.Invariant, @case.Module, isFound, its.Length, [.. all.Select(finding => finding.Invariant).Distinct().OrderBy(invariant => invariant != @case.Invariant)], its.FirstOrDefault()?.ToString());
    }
}
