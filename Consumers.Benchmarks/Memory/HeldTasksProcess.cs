using System.Globalization;
using Consumers.Core;

namespace Consumers.Benchmarks;

/// <summary>The hidden verb: this program as a process whose handlers take all the tasks they may and end none, so that it holds as much of the queue as it ever does. It says what is on its heap then.</summary>
internal static class HeldTasksProcess
{
    public const string Verb = "held-tasks";

    /// <summary>After the last handler began: the client still takes in what its prefetch allows.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(int prefetch, string queue, string kind, string url)
    {
        await using var broker = BenchBroker.Unconnected(new Uri(url));
        using var stopping = new CancellationTokenSource();
        var run = new Run(broker, queue, kind == QueueKind.Quorum.ToWire() ? QueueKind.Quorum : QueueKind.Classic);
        var draining = new FleetConsume(withLedger: true, prefetch: prefetch).DrainAsync(run, stopping.Token);
        // The other end closes its input when it has looked, or when it is gone. Reading it holds a thread.
        var ending = Task.Run(Console.In.ReadToEnd);
        await Task.WhenAny(draining, run.Full, ending);
        if (run.Full.IsCompleted)
        {
            await Task.Delay(Settling, TimeProvider.System);
            Console.WriteLine(GC.GetTotalMemory(forceFullCollection: true).ToString(CultureInfo.InvariantCulture));
            await Task.WhenAny(draining, ending);
        }
        await stopping.CancelAsync();
        run.Release();
        try
        {
            await draining;
        }
        catch (OperationCanceledException) when (ending.IsCompleted)
        {
            // Told to end: its ledger is gone with it.
        }
        return ExitCodes.Ok;
    }

    private sealed class Run(BenchBroker broker, string queue, QueueKind kind) : BrokerRun(broker, queue, kind, count: int.MaxValue)
    {
        private readonly TaskCompletionSource _full = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _held;

        public Task Full => _full.Task;

        public void Release() => _released.TrySetResult();

        public override async ValueTask<TaskOutcome> OutcomeAsync(string taskId, CancellationToken cancellationToken)
        {
            if (Interlocked.Increment(ref _held) == FleetQueue.Concurrency)
            {
                _full.TrySetResult();
            }
            await _released.Task.WaitAsync(cancellationToken);
            return TaskOutcome.Success();
        }
    }
}
