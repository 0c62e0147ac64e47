using System.Runtime.CompilerServices;
using Consumers.Core;

namespace Consumers.Host.Handlers;

/// <summary>The ways in which a handler hurts more than its own task; only with <see cref="FlakyOptions.AllowCrashes"/>.</summary>
internal static class FlakyCrash
{
    public const int ExitCode = 70;

    public static readonly IReadOnlyList<string> Modes = ["block", "ignore-cancellation", "exit", "fail-fast", "stack-overflow", "exhaust-memory"];

    /// <summary>Never let go: an exhausted process stays exhausted, as one with a leak does.</summary>
    private static readonly List<byte[]> Hoard = [];

    public static async Task<TaskOutcome> RunAsync(string mode, TimeSpan block, string reason, TimeProvider time)
    {
        switch (mode)
        {
            case "block":
                // Holds its thread as a synchronous call does: no await, no cancellation, and nothing that the thread pool could notice.
                using (var never = new ManualResetEvent(false))
                {
                    never.WaitOne(block);
                }
                return TaskOutcome.Success();
            case "exit":
                Environment.Exit(ExitCode);
                break;
            case "fail-fast":
                Environment.FailFast(reason);
                break;
            case "stack-overflow":
                Recurse(1);
                break;
            case "exhaust-memory":
                ExhaustMemory();
                break;
            default:
                await Task.Delay(Timeout.InfiniteTimeSpan, time, CancellationToken.None);
                break;
        }
        return TaskOutcome.Success();
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    private static long Recurse(long depth) => Recurse(depth + 1) + depth;

    private static void ExhaustMemory()
    {
        while (true)
        {
            Hoard.Add(new byte[1024 * 1024]);
        }
    }
}
