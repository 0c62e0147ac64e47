using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Consumers.Core;

/// <summary>
/// The whole way of one delivery: read → begin → run → decide → settle in the guard → pay what is owed → acknowledge.
/// Nothing is acknowledged before its outcome is durable and its retry or dead letter is confirmed; a crash at any point leads to redelivery.
/// </summary>
public sealed partial class TaskExecutor
{
    private static readonly TimeSpan UnexpectedPause = TimeSpan.FromSeconds(2);

    private readonly string _module;
    private readonly IAttemptGuard _guard;
    private readonly SuspectGate _gate;
    private readonly ModuleBreakers _breakers;
    private readonly IPauses _pauses;
    private readonly ParkingPace _pace;
    private readonly HandlerRunner _runner;
    private readonly OnwardMessages _onward;
    private readonly DebtPayer _payer;
    private readonly ModuleStats _stats;
    private readonly ModuleTelemetry _telemetry;
    private readonly RetrySchedule _schedule;
    private readonly DueClock _due;
    private readonly RetryJitter _jitter;
    private readonly InstanceIdentity _identity;
    private readonly ConsumersOptions _options;
    private readonly DrainSignals _drain;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;

    internal TaskExecutor(
        string module, IAttemptGuard guard, SuspectGate gate, ModuleBreakers breakers, IPauses pauses, HandlerRunner runner, OnwardMessages onward, DebtPayer payer, ModuleStats stats, ModuleTelemetry telemetry,
        RetrySchedule schedule, InstanceIdentity identity, ConsumersOptions options, DrainSignals drain, TimeProvider time, Random random, ILogger logger)
    {
        (_module, _guard, _gate, _breakers, _pauses, _runner, _onward, _payer, _stats, _telemetry) = (module, guard, gate, breakers, pauses, runner, onward, payer, stats, telemetry);
        (_schedule, _identity, _options, _drain, _time, _random, _logger) = (schedule, identity, options, drain, time, random, logger);
        (_pace, _due, _jitter) = (new ParkingPace(schedule, time), new DueClock(schedule, time), new RetryJitter(schedule, random));
    }

    internal ITaskCounters Counters { get; init; } = NoCounters.Instance;

    /// <summary>Told when an attempt begins and ends: nobody where the guard has done that.</summary>
    internal ITaskCounters AttemptCounters { get; init; } = NoCounters.Instance;

    internal ProcessHistory History { get; init; } = ProcessHistory.Off;

    internal FlightRecorder Flights { get; init; } = FlightRecorder.Off;

    /// <summary>Never throws. Ends when the delivery is settled, handed back or lost.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask ExecuteAsync(Delivery delivery)
    {
        _stats.CountDelivered();
        _telemetry.Delivered(delivery);
        CrashPoint.Hit(CrashPoints.Delivered);
        try
        {
            if (Read(delivery, out var rejected) is { } message)
            {
                await AttemptAsync(delivery, message).ConfigureAwait(false);
            }
            else
            {
                await RejectAsync(delivery, rejected!).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_drain.Interrupt.IsCancellationRequested)
        {
            // Begun, and no outcome of it could be written.
            delivery.Flight?.Land(FlightEnd.Abandoned);
            await HandBackAsync(delivery).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Not the handler's failure but the pipeline's own: the delivery stays unacknowledged, so nothing is lost, and the log says why.
            Log.Unexpected(_logger, e, delivery.Origin);
            delivery.Flight?.Land(FlightEnd.Abandoned);
            // Handed back at once it would come again at once, and fail again as fast as the broker delivers.
            await Task.Delay(UnexpectedPause, _time, _drain.Interrupt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await HandBackAsync(delivery).ConfigureAwait(false);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AttemptAsync(Delivery delivery, TaskMessage message)
    {
        (delivery.Trace, delivery.TaskId) = (History.Deliver(delivery, message), message.Id);
        if (_due.EarlyDue(delivery) is { } due)
        {
            await ParkAsync(delivery, message, due).ConfigureAwait(false);
            return;
        }
        // Before the attempt begins: a task whose type is paused waits, and pays for it with no attempt.
        using var pass = _breakers.TryEnter(message, _random, out var askAgainAt);
        if (askAgainAt is { } later)
        {
            _stats.CountPaused();
            await ParkAsync(delivery, message, later).ConfigureAwait(false);
            return;
        }
        var request = new AttemptRequest(message, TaskHeaders.ReadInt(delivery.Header(TaskHeaders.Series), 1, TaskHeaders.MaxSeries, 1), _module, Solitary: false);
        while (true)
        {
            delivery.WaitForTurn();
            await (request.Solitary ? _gate.EnterAloneAsync(_drain.Interrupt) : _gate.EnterAsync(_drain.Interrupt)).ConfigureAwait(false);
            delivery.Expect(_runner.LimitOf(message.Type), _time);
            // Asked only now, because it may have waited long for a suspect.
            if (_pauses.Current.Holding(_module, message.Type) is not null)
            {
                _gate.Leave(request.Solitary);
                await ParkPausedAsync(delivery, message).ConfigureAwait(false);
                return;
            }
            using var span = _telemetry.StartAttempt(delivery, message);
            AttemptBegin begin;
            Ending ending = default;
            try
            {
                begin = await _guard.BeginAsync(span is null ? request : request with { TraceId = span.RecordedTraceId() }, _drain.Interrupt).ConfigureAwait(false);
                if (begin is AttemptBegin.Begun begun)
                {
                    span.Began(begun.Key);
                    delivery.Flight = Flights.Begin(_module, message.Id, message.Type);
                    ending = await RunAsync(delivery, message, begun, pass, span).ConfigureAwait(false);
                }
            }
            finally
            {
                // A suspect is alone while it runs, not while its retry waits for a broker.
                _gate.Leave(request.Solitary);
            }
            if (begin is not AttemptBegin.Suspect)
            {
                // Nothing ran, or it is reported: what follows may take long, and the probe is for the next task.
                pass?.Dispose();
            }
            switch (begin)
            {
                case AttemptBegin.Begun begun when ending.Settlement is { } settlement:
                    _stats.CountSettled(settlement, begun.Key.Series == 1 ? _time.GetUtcNow() - message.CreatedAt : null);
                    await SettleAsync(delivery, message, begun.Key, settlement, ending.Status).ConfigureAwait(false);
                    _telemetry.Settled(message, settlement, _time.GetUtcNow());
                    return;
                case AttemptBegin.Begun when ending.IsInterrupted:
                    if (ending.IsAbandoned)
                    {
                        delivery.Flight?.Land(FlightEnd.Abandoned);
                    }
                    await HandBackAsync(delivery).ConfigureAwait(false);
                    return;
                case AttemptBegin.Begun:
                    delivery.Flight?.Land(FlightEnd.HandedBack);
                    // Another owner took the attempt over: ask again what there is to do.
                    _stats.CountStale();
                    span.Ended("stale");
                    request = request with { Solitary = false };
                    break;
                case AttemptBegin.Suspect:
                    request = request with { Solitary = true };
                    break;
                case AttemptBegin.AlreadySettled settled:
                    _stats.CountDuplicate();
                    span.Ended("duplicate");
                    _telemetry.Duplicate(message.Type);
                    Counters.Duplicate(settled.Key, settled.CountsAs());
                    delivery.Trace?.Duplicate(settled);
                    Log.Duplicate(_logger, message.Id, settled.Key.Attempt, delivery.Origin);
                    if (Sabotage.Is(Sabotage.NoGuard))
                    {
                        await RunHandlerAsync(delivery, message, settled.Key, message.MaxRetries).ConfigureAwait(false);
                    }
                    await SettleAsync(delivery, message, settled.Key, settled.Owed, settled.Status).ConfigureAwait(false);
                    return;
                case AttemptBegin.Conflict:
                    await RejectAsync(delivery, SettlementPolicy.IdConflict(message.Id)).ConfigureAwait(false);
                    return;
                case AttemptBegin.NotDue notDue:
                    await ParkAsync(delivery, message, notDue.DueAt).ConfigureAwait(false);
                    return;
                default:
                    await ParkAsync(delivery, message, _time.GetUtcNow() + _schedule.Tiers[0]).ConfigureAwait(false);
                    return;
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Ending> RunAsync(Delivery delivery, TaskMessage message, AttemptBegin.Begun begun, BreakerPass? pass, Activity? span)
    {
        CrashPoint.Hit(CrashPoints.Begun);
        var key = begun.Key;
        delivery.Trace?.Begun(begun);
        AttemptCounters.Began(key);
        var startedAt = _time.GetUtcNow();
        var processing = StatusOf(message, key, TaskState.Processing, begun.Seq, startedAt, null);
        var announced = _payer.Announce(processing);
        var (verdict, busy) = await RunHandlerAsync(delivery, message, key, begun.MaxRetries ?? message.MaxRetries).ConfigureAwait(false);
        pass?.Report(verdict.Outcome);
        if (verdict.Outcome is not { } outcome)
        {
            await _payer.AnnouncedAsync(announced, processing, delivery.Trace).ConfigureAwait(false);
            await _guard.ReleaseAsync(key, begun.Epoch, _drain.Abort).ConfigureAwait(false);
            Counters.HandedBack(key);
            return verdict == AttemptVerdict.Abandoned ? Ending.Abandoned : Ending.Interrupted;
        }
        CrashPoint.Hit(CrashPoints.Handled);
        var (endedAt, ended) = (_time.GetUtcNow(), _time.GetTimestamp());
        var settlement = SettlementPolicy.Decide(outcome, key.Attempt - 1, begun.MaxRetries ?? message.MaxRetries, _schedule, endedAt, outcome is TaskOutcome.Retryable ? _jitter.Next(key.Attempt - 1, endedAt) : 0);
        if (Sabotage.Active is not null)
        {
            settlement = await SpoilAsync(delivery, message, begun, settlement, endedAt).ConfigureAwait(false);
        }
        var state = SettlementPolicy.StateAfter(settlement);
        var error = SettlementPolicy.ErrorOf(settlement);
        var end = await _guard.SettleAsync(new AttemptResult(begun, state, verdict.Word, settlement, error, startedAt, endedAt, busy), _drain.Abort).ConfigureAwait(false);
        if (end.Accepted)
        {
            AttemptCounters.Ended(key, state.CountsAs(), busy);
            if (error is not null)
            {
                _stats.NoteError(message.Id, error, endedAt);
            }
        }
        // Only now, when it has long been confirmed beside the commit; but before the event of the outcome goes out behind it.
        await _payer.AnnouncedAsync(announced, processing, delivery.Trace).ConfigureAwait(false);
        delivery.Trace?.Outcome(state, settlement, end.Accepted);
        span.Ended(verdict, settlement);
        CrashPoint.Hit(CrashPoints.Committed(settlement));
        LogSettled(message, key, settlement, end.Accepted);
        return end.Accepted ? new Ending(_due.ByTheClockOfNow(settlement, endedAt, ended), StatusOf(message, key, state, end.Seq, endedAt, error), false) : default;
    }

    /// <summary>Publishes what is owed and acknowledges: the one line of the product that settles a delivery for its outcome.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SettleAsync(Delivery delivery, TaskMessage? message, AttemptKey key, Settlement settlement, StatusEvent? status)
    {
        var onward = _onward.For(settlement, delivery, message, key);
        var paid = await _payer.PayAsync(delivery, settlement, onward, status).ConfigureAwait(false);
        delivery.Flight?.Land(paid ? FlightEnd.Finished : FlightEnd.HandedBack);
        // What was lost meanwhile is delivered again, and counted then.
        if (paid && message is null)
        {
            _stats.CountRejected();
            Counters.Rejected();
            if (settlement is Settlement.DeadLetter dead)
            {
                _telemetry.Rejected(dead);
                Log.Rejected(_logger, delivery.Origin, dead.Reason.ToWire(), dead.Error);
            }
        }
        else if (paid && onward is not null)
        {
            _guard.NotePaid(key);
        }
    }

    /// <summary>Null when nobody is told.</summary>
    private StatusEvent? StatusOf(TaskMessage message, AttemptKey key, TaskState state, long seq, DateTimeOffset at, string? error) =>
        !_payer.Announces ? null : new(message.Id, message.Type, state.ToWire(), key.Attempt, key.Series, seq, _identity.Name, at, error);
}
