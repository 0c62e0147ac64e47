using System.Threading.Tasks.Sources;
using Polly;

namespace Consumers.Core;

/// <summary>What an attempt told its breaker.</summary>
internal enum BreakerSample
{
    /// <summary>The handler ran, and did not ask for a retry.</summary>
    Worked,
    Failed,

    /// <summary>No handler ran to its end. Only a probe says so: the circuit counts everything that it hears, so of other attempts it hears nothing.</summary>
    Nothing,
}

/// <summary>Leave to run one attempt. Disposed without a report, it has told nothing: no handler ran to its end.</summary>
internal class BreakerPass(TypeBreaker breaker) : IDisposable
{
    private bool _isReported;

    public bool IsProbe => this is BreakerProbe;

    public void Report(TaskOutcome? outcome) => breaker.Report(this, outcome);

    public void Dispose() => breaker.Report(this, null);

    /// <summary>True the first time.</summary>
    internal bool TryReport() => !_isReported && (_isReported = true);
}

/// <summary>
/// Leave to run the one task whose outcome ends or extends the pause. Inside the circuit it is an execution that lasts until <see cref="BreakerPass.Report"/>, so that the pipeline need not
/// run inside a callback of the circuit.
/// </summary>
internal sealed class BreakerProbe(TypeBreaker breaker) : BreakerPass(breaker), IValueTaskSource<Outcome<BreakerSample>>
{
    // Its continuation runs inside SetResult, whatever the context: the circuit has changed when Report returns.
    private ManualResetValueTaskSourceCore<Outcome<BreakerSample>> _sample;

    /// <summary>False when the circuit let nobody in.</summary>
    public bool IsEntered { get; private set; }

    internal async Task RunAsync(ResiliencePipeline<BreakerSample> circuit)
    {
        var context = ResilienceContextPool.Shared.Get(CancellationToken.None);
        await circuit.ExecuteOutcomeAsync(static (_, probe) => probe.Enter(), context, this).ConfigureAwait(false);
        ResilienceContextPool.Shared.Return(context);
    }

    internal void Leave(BreakerSample sample) => _sample.SetResult(Outcome.FromResult(sample));

    private ValueTask<Outcome<BreakerSample>> Enter()
    {
        IsEntered = true;
        return new ValueTask<Outcome<BreakerSample>>(this, _sample.Version);
    }

    Outcome<BreakerSample> IValueTaskSource<Outcome<BreakerSample>>.GetResult(short token) => _sample.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Outcome<BreakerSample>>.GetStatus(short token) => _sample.GetStatus(token);

    void IValueTaskSource<Outcome<BreakerSample>>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _sample.OnCompleted(continuation, state, token, flags);
}
