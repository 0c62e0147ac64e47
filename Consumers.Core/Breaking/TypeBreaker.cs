using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;

namespace Consumers.Core;

/// <summary>
/// The circuit breaker of one task type in one module. It opens when most attempts of the last while failed; then one task at a time is tried, less and less often,
/// until one does not fail.
/// </summary>
internal sealed partial class TypeBreaker
{
    private readonly Lock _lock = new();
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly ResiliencePipeline<BreakerSample> _circuit;
    private readonly string _module;
    private readonly string _type;
    private readonly BreakerOptions _options;

    /// <summary>A clock that is put back must not keep a type paused.</summary>
    private readonly SteadyTime _time;
    private readonly ILogger _logger;
    private bool _isTelling;
    private TypePause? _pause;
    private string? _error;
    private long _usedAt;

    public TypeBreaker(string module, string type, BreakerOptions options, TimeProvider time, ILogger logger)
    {
        (_module, _type, _options, _time, _logger) = (module, type, options, new SteadyTime(time), logger);
        _usedAt = time.GetTimestamp();
        _circuit = new ResiliencePipelineBuilder<BreakerSample> { TimeProvider = _time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<BreakerSample>
            {
                FailureRatio = options.FailureRatio,
                MinimumThroughput = options.MinimumThroughput,
                SamplingDuration = options.SamplingDuration,
                BreakDurationGenerator = args => new(NextBreak(args)),
                // A probe that told nothing must not hold the circuit half open for ever.
                ShouldHandle = static args => new(args.Outcome.Result is not BreakerSample.Worked),
                StateProvider = _state,
            })
            .Build();
    }

    public bool IsHalfOpen => _state.CircuitState == CircuitState.HalfOpen;

    /// <summary>Null while the type is not paused.</summary>
    public TypePause? Pause
    {
        get
        {
            lock (_lock)
            {
                return _pause is { } pause ? pause with { Since = pause.Since + _time.Shift, NextProbeAt = pause.NextProbeAt + _time.Shift, IsProbing = IsHalfOpen } : null;
            }
        }
    }

    public bool IsIdleSince(long timestamp) => Volatile.Read(ref _usedAt) < timestamp && Pause is null;

    /// <summary>Null while the type is paused, unless this is its probe.</summary>
    /// <param name="isLastAttempt">A task with no retry left would be dead-lettered by a probe that fails: any other is asked first, for as long as <see cref="BreakerOptions.MaxBreakDuration"/>.</param>
    public BreakerPass? TryEnter(bool isLastAttempt)
    {
        lock (_lock)
        {
            _usedAt = _time.GetTimestamp();
            if (isLastAttempt && _pause is { } pause && _time.GetUtcNow() < pause.NextProbeAt + _options.MaxBreakDuration)
            {
                return null;
            }
            if (_pause is null)
            {
                // Closed, and so it lets in everybody: its leave need not be asked.
                return new BreakerPass(this);
            }
            var probe = new BreakerProbe(this);
            _ = probe.RunAsync(_circuit);
            return probe.IsEntered ? probe : null;
        }
    }

    /// <summary>When a task that was not let in should ask again: spread out, so that they do not all come at the moment of the probe.</summary>
    /// <param name="random">In [0, 1).</param>
    public DateTimeOffset AskAgainAt(double random)
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            var probeAt = _pause is { } pause && pause.NextProbeAt > now ? pause.NextProbeAt : now + _options.BreakDuration;
            return probeAt + _options.BreakDuration * random + _time.Shift;
        }
    }

    internal void Report(BreakerPass pass, TaskOutcome? outcome)
    {
        lock (_lock)
        {
            if (!pass.TryReport())
            {
                return;
            }
            var failure = outcome as TaskOutcome.Retryable;
            _error = failure is null ? _error : TaskHeaders.CleanError(failure.Reason);
            // What began before the pause decides nothing about it: that is for the probe.
            _isTelling = outcome is not null && (_pause is null || pass.IsProbe);
            var sample = !_isTelling ? BreakerSample.Nothing : failure is null ? BreakerSample.Worked : BreakerSample.Failed;
            if (pass is BreakerProbe probe)
            {
                probe.Leave(sample);
            }
            else if (_isTelling)
            {
                Tell(sample);
            }
            if (_pause is { } pause && _state.CircuitState == CircuitState.Closed)
            {
                _pause = null;
                Log.Resumed(_logger, _type, _module, _time.GetUtcNow() - pause.Since, pause.FailedProbes);
            }
        }
    }

    /// <summary>An execution that has ended already: it completes at once.</summary>
    private void Tell(BreakerSample sample)
    {
        var context = ResilienceContextPool.Shared.Get(CancellationToken.None);
        var told = _circuit.ExecuteOutcomeAsync(static (_, sample) => new ValueTask<Outcome<BreakerSample>>(Outcome.FromResult(sample)), context, sample);
        Debug.Assert(told.IsCompletedSuccessfully, "nothing in the circuit waits");
        ResilienceContextPool.Shared.Return(context);
    }

    /// <summary>Called by the circuit when it opens: inside <see cref="Report"/>, and therefore under the lock.</summary>
    private TimeSpan NextBreak(BreakDurationGeneratorArguments args)
    {
        var now = _time.GetUtcNow();
        if (_pause is not { } pause)
        {
            var attempts = args.FailureRate > 0 ? (int)Math.Round(args.FailureCount / args.FailureRate) : args.FailureCount;
            _pause = new TypePause(_module, _type, now, args.FailureCount, attempts, now + _options.BreakDuration, false, 0, _error);
            TaskTelemetry.Paused.Add(1, new("consumers.module", _module), new("consumers.task.type", _type));
            Log.Paused(_logger, _type, _module, args.FailureCount, attempts, _options.BreakDuration, _error);
            return _options.BreakDuration;
        }
        if (!_isTelling)
        {
            _pause = pause with { NextProbeAt = now };
            return TimeSpan.Zero;
        }
        var failed = pause.FailedProbes + 1;
        var wait = TimeSpan.FromTicks((long)Math.Min(_options.BreakDuration.Ticks * Math.Pow(2, Math.Min(failed, 30)), _options.MaxBreakDuration.Ticks));
        _pause = pause with { FailedProbes = failed, NextProbeAt = now + wait, LastError = _error };
        Log.StillPaused(_logger, _type, _module, wait, _error);
        return wait;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Task type {TaskType} of {Module} is paused: {Failed} of {Attempts} attempts failed; one task is tried in {Wait}. Last error: {Error}")]
        public static partial void Paused(ILogger logger, string taskType, string module, int failed, int attempts, TimeSpan wait, string? error);

        [LoggerMessage(Level = LogLevel.Information, Message = "Task type {TaskType} of {Module} stays paused: the task that was tried failed; the next is tried in {Wait}. Error: {Error}")]
        public static partial void StillPaused(ILogger logger, string taskType, string module, TimeSpan wait, string? error);

        [LoggerMessage(Level = LogLevel.Information, Message = "Task type {TaskType} of {Module} runs again after {Duration}, at the first probe that did not fail after {FailedProbes} that did")]
        public static partial void Resumed(ILogger logger, string taskType, string module, TimeSpan duration, int failedProbes);
    }
}
