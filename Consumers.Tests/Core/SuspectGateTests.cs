using Consumers.Core;

namespace Consumers.Tests.Core;

public sealed class SuspectGateTests
{
    [Fact]
    public async Task A_suspect_waits_for_all_and_newcomers_wait_for_it()
    {
        var gate = new SuspectGate();
        await gate.EnterAsync(default);
        await gate.EnterAsync(default);

        var suspect = gate.EnterAloneAsync(default).AsTask();
        var newcomer = gate.EnterAsync(default).AsTask();
        gate.Exit();
        suspect.IsCompleted.ShouldBeFalse();
        gate.Exit();
        await suspect;
        newcomer.IsCompleted.ShouldBeFalse();
        gate.ExitAlone();
        await newcomer;
    }

    [Fact]
    public async Task A_cancelled_wait_leaves_nobody_stuck()
    {
        var gate = new SuspectGate();
        await gate.EnterAsync(default);
        using var cancel = new CancellationTokenSource();
        var suspect = gate.EnterAloneAsync(cancel.Token).AsTask();
        var newcomer = gate.EnterAsync(default).AsTask();

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(suspect);
        await newcomer.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Under_random_use_nobody_ever_runs_beside_a_suspect()
    {
        var gate = new SuspectGate();
        var (running, alone, wrong) = (0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 400; i++)
            {
                using var cancel = new CancellationTokenSource();
                var isSuspect = random.Next(5) == 0;
                var entering = (isSuspect ? gate.EnterAloneAsync(cancel.Token) : gate.EnterAsync(cancel.Token)).AsTask();
                if (random.Next(4) == 0)
                {
                    await cancel.CancelAsync();
                }
                try
                {
                    await entering;
                }
                catch (OperationCanceledException)
                {
                    continue;
                }
                var others = isSuspect ? Interlocked.Increment(ref alone) - 1 + Volatile.Read(ref running) : Volatile.Read(ref alone);
                Interlocked.Add(ref wrong, others);
                if (!isSuspect)
                {
                    Interlocked.Increment(ref running);
                }
                await Task.Yield();
                if (isSuspect)
                {
                    Interlocked.Decrement(ref alone);
                    gate.ExitAlone();
                }
                else
                {
                    Interlocked.Decrement(ref running);
                    gate.Exit();
                }
            }
        })));

        wrong.ShouldBe(0);
        await gate.EnterAloneAsync(default).AsTask().WaitAsync(TimeSpan.FromSeconds(5));
    }
}
