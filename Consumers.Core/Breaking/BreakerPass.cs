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

/// <summary>
/// Leave to run one attempt. Inside the circuit it is an execution that lasts until <see cref="Report"/>, so that the pipeline need not run inside a callback of the circuit.
/// Disposed without a report, it has told nothing: no handler ran to its end.
/// </summary>
internal sealed class BreakerPass(TypeBreaker breaker) : IValueTaskSource<Outcome<BreakerSample>>, IDisposable
{
    // Its continuation runs inside SetResult, whatever the context: the circuit has changed when Report returns.
    private ManualResetValueTaskSourceCore<Outcome<BreakerSample>> _sample;
    private bool _isReported;

    /// <summary>False when the circuit let nobody in.</summary>
    public bool IsEntered { get; private set; }

    /// <summary>The one task whose outcome ends or extends the pause.</summary>
    public bool IsProbe { get; private set; }

    public void Report(TaskOutcome? outcome) => breaker.Report(this, outcome);

    public void Dispose() => breaker.Report(this, null);

    internal async Task RunAsync(ResiliencePipeline<BreakerSample> circuit)
    {
        var context = ResilienceContextPool.Shared.Get(CancellationToken.None);
        await circuit.ExecuteOutcomeAsync(static (_, pass) => pass.Enter(), context, this).ConfigureAwait(false);
        ResilienceContextPool.Shared.Return(context);
    }

    /// <summary>True the first time.</summary>
    internal bool TryReport() => !_isReported && (_isReported = true);

    internal void Leave(BreakerSample sample) => _sample.SetResult(Outcome.FromResult(sample));

    private ValueTask<Outcome<BreakerSample>> Enter()
    {
        IsEntered = true;
        IsProbe = breaker.IsHalfOpen;
        return new ValueTask<Outcome<BreakerSample>>(this, _sample.Version);
    }

    Outcome<BreakerSample> IValueTaskSource<Outcome<BreakerSample>>.GetResult(short token) => _sample.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Outcome<BreakerSample>>.GetStatus(short token) => _sample.GetStatus(token);

    void IValueTaskSource<Outcome<BreakerSample>>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _sample.OnCompleted(continuation, state, token, flags);
}
