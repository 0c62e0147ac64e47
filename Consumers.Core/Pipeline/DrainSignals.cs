using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Consumers.Core;

/// <summary>The three steps of a shutdown, as tokens: first no new work, then no more handlers, then no more settling.</summary>
public sealed class DrainSignals : IDisposable
{
    /// <summary>How long after the drain timeout interrupted work may still be settled or handed back.</summary>
    public static readonly TimeSpan SettleMargin = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _interrupt = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly CancellationTokenRegistration _onDraining;
    private readonly TimeProvider _time;
    private ITimer? _interruptTimer;
    private ITimer? _abortTimer;

    public DrainSignals(IHostApplicationLifetime lifetime, IOptions<ConsumersOptions> options, TimeProvider time)
        : this(lifetime.ApplicationStopping, options.Value.DrainTimeout, time)
    {
    }

    /// <param name="drainTimeout">From draining to interrupt.</param>
    public DrainSignals(CancellationToken draining, TimeSpan drainTimeout, TimeProvider time)
    {
        _time = time;
        Draining = draining;
        Interrupt = _interrupt.Token;
        Abort = _abort.Token;
        _onDraining = draining.Register(() => Start(drainTimeout));
    }

    /// <summary>Take no new work; what runs goes on.</summary>
    public CancellationToken Draining { get; }

    /// <summary>The drain timeout is over: handlers are cancelled, and what they did not finish is handed back.</summary>
    public CancellationToken Interrupt { get; }

    /// <summary>Settling is given up too: what is not acknowledged is delivered again.</summary>
    public CancellationToken Abort { get; }

    private void Start(TimeSpan drainTimeout)
    {
        _interruptTimer = _time.CreateTimer(_ => _interrupt.Cancel(), null, drainTimeout, Timeout.InfiniteTimeSpan);
        _abortTimer = _time.CreateTimer(_ => _abort.Cancel(), null, drainTimeout + SettleMargin, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        _onDraining.Dispose();
        _interruptTimer?.Dispose();
        _abortTimer?.Dispose();
        _interrupt.Dispose();
        _abort.Dispose();
    }
}
