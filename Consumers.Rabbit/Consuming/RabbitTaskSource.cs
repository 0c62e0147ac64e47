using Consumers.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consumers.Rabbit;

/// <summary>Consumes the work queue: connection after connection, each with its lanes, until drained; takes nothing while its module is paused.</summary>
internal sealed partial class RabbitTaskSource : BackgroundService
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>How often it is made sure that exchanges and queues are there. Nobody is told of an exchange that was deleted, and the retries that fall due would wait for it.</summary>
    private static readonly TimeSpan TopologyInterval = TimeSpan.FromMinutes(1);

    /// <summary>How long closing may take after the last task has ended.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly RabbitModule _module;
    private readonly Func<Func<Delivery, ValueTask>> _executor;
    private readonly IPauses _pauses;
    private readonly DrainSignals _drain;
    private readonly ElasticConcurrency _slots;
    private readonly LaneCount? _laneCount;
    private readonly ShortLives _lives;
    private readonly ILogger _logger;
    private volatile RabbitLane[] _lanes = [];
    private List<Task> _endingLanes = [];

    /// <param name="executor">Makes the pipeline; asked for when consuming starts.</param>
    public RabbitTaskSource(RabbitModule module, Func<Func<Delivery, ValueTask>> executor, IPauses pauses, DrainSignals drain, ILogger<RabbitTaskSource> logger)
    {
        (_module, _executor, _pauses, _drain, _logger) = (module, executor, pauses, drain, logger);
        var options = module.Options;
        Stats = new ModuleStats(module.Name);
        // Where every task has a lane of its own, the lanes are the slots.
        _laneCount = options.Lanes == 0 ? new LaneCount(options.MinConcurrency, options.MaxConcurrency, module.Time) : null;
        _slots = new ElasticConcurrency(_laneCount is null ? options.MinConcurrency : options.MaxConcurrency, options.MaxConcurrency, module.Time);
        _lives = new ShortLives(module.Time);
        module.Lanes = () => Array.ConvertAll(_lanes, lane => new LaneState(lane.Number, _laneCount?.Value ?? _slots.Limit, lane.Prefetch, lane.Running, lane.Unacked));
    }

    /// <summary>Told of deliveries that were dropped.</summary>
    public ModuleStats Stats { get; init; }

    /// <summary>How long after its handler's time a delivery is looked for.</summary>
    public TimeSpan SettleMargin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether what guards the module's attempts is away: what waits for it is not dropped.</summary>
    public Func<bool> IsGuardAway { get; init; } = () => false;

    private bool IsPaused => _pauses.Current.Find(_module.Name) is not null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!_module.Options.Enabled)
        {
            return;
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, _drain.Draining);
        var execute = _executor();
        var work = new LaneWork(
            _module.Names.WorkQueue,
            $"{_module.Instance.Name}.{_module.Name}.{_module.Instance.RunId[..8]}",
            _module.TaskPublisher,
            delivery => BeginAsync(execute, delivery),
            GiveBackAsync,
            () => IsPaused,
            _slots,
            _laneCount is null ? Math.Min(_module.Options.MaxConcurrency, PrefetchFor(_module.Options.MaxConcurrency)) : 1,
            _module.Options.HeldBytes,
            _module.MaxBodyBytes,
            _module.HandlerLimit,
            _module.Time,
            stop.Token);
        _module.Publisher.Start();
        await _module.Consuming.RunAsync(session => ServeAsync(session, work), stop.Token);
        // Lanes whose connection broke: what they run has nowhere to be acknowledged, but its outcome is still to be written.
        await WaitUntilAbortAsync(Task.WhenAll(_endingLanes));
    }

    /// <summary>One connection's life: topology, lanes, and looking after them.</summary>
    private async Task ServeAsync(RabbitSession session, LaneWork work)
    {
        await _module.Topology.EnsureAsync(session.Connection, session.Lost);
        var settlements = new SettlementWatchdog(SettleMargin, () => IsGuardAway() || _module.Health.State.Health != DependencyHealth.Up, _module.Time);
        var lanes = new LaneSet(session, work, settlements, _logger);
        _lives.Begin();
        if (_lives.IsCautious)
        {
            Log.Cautious(_logger, _module.Names.WorkQueue);
        }
        try
        {
            await FitLanesAsync(lanes);
            session.Ready();
            var watchdog = new DeliveryWatchdog(_module.Probe, _slots, _module.Options.StalledAfter, _module.Time);
            using var timer = new PeriodicTimer(TickInterval, _module.Time);
            var declaredAt = _module.Time.GetTimestamp();
            using var wake = CancellationTokenSource.CreateLinkedTokenSource(work.Draining, session.Lost);
            while (!wake.IsCancellationRequested)
            {
                await LookAfterAsync(session, lanes, watchdog);
                RecycleDropped(lanes, settlements);
                if (_module.Time.GetElapsedTime(declaredAt) >= TopologyInterval)
                {
                    await _module.Topology.EnsureAsync(session.Connection, session.Lost);
                    declaredAt = _module.Time.GetTimestamp();
                }
                try
                {
                    await timer.WaitForNextTickAsync(wake.Token);
                }
                catch (OperationCanceledException) when (wake.IsCancellationRequested)
                {
                }
            }
            if (!work.Draining.IsCancellationRequested)
            {
                throw new RabbitLostException(await session.LostAsync);
            }
            await DrainAsync([.. lanes.All]);
        }
        finally
        {
            _lives.End();
            _lanes = [];
            foreach (var lane in lanes.All)
            {
                lane.Lose("the consuming connection is given up");
            }
            _endingLanes = [.. _endingLanes.Where(task => !task.IsCompleted), .. lanes.All.SelectMany(lane => new[] { lane.Workers, lane.Acks })];
        }
    }

    private async Task FitLanesAsync(LaneSet lanes)
    {
        await lanes.FitAsync(_laneCount is null ? _module.Options.Lanes : _lives.Fit(_laneCount.Value), _lives.Fit(PrefetchFor(_slots.Limit)));
        _lanes = lanes.Open;
    }

    private async Task LookAfterAsync(RabbitSession session, LaneSet lanes, DeliveryWatchdog watchdog)
    {
        if (_laneCount is { WantsToLook: true })
        {
            _laneCount.Observe(await _module.Probe.ReadyAsync(session.Connection, session.Lost));
        }
        await FitLanesAsync(lanes);
        _slots.Observe(_lanes.Sum(lane => lane.Waiting));
        var normal = _lives.Fit(PrefetchFor(_slots.Limit));
        var isPaused = IsPaused;
        foreach (var lane in _lanes)
        {
            lane.FlushStragglers();
            if (isPaused)
            {
                await lane.PauseAsync();
                continue;
            }
            var wanted = lane.Held.Fit(normal);
            if (lane.IsQuiet)
            {
                await lane.ResumeAsync(wanted);
            }
            // Up at once, down in large steps: every change is a new subscription.
            else if (wanted > lane.Prefetch || wanted * 2 <= lane.Prefetch || (wanted < lane.Prefetch && _slots.Limit == _module.Options.MinConcurrency))
            {
                await lane.ChangePrefetchAsync(wanted);
            }
        }
        if (!isPaused && await watchdog.StalledAsync(session.Connection, _lanes, session.Lost) is { } ready)
        {
            Log.Stalled(_logger, ready, _module.Names.WorkQueue, _module.Options.StalledAfter.TotalSeconds);
            session.Lose($"{ready} messages are ready in '{_module.Names.WorkQueue}', slots are free, and nothing was delivered for {_module.Options.StalledAfter.TotalSeconds:0} s");
        }
    }

    /// <summary>A lane with a delivery that nobody settles: its channel is closed when what else it runs has ended, and the broker delivers it again.</summary>
    private void RecycleDropped(LaneSet lanes, SettlementWatchdog settlements)
    {
        foreach (var lane in _lanes)
        {
            var overdue = settlements.Overdue(lane);
            foreach (var delivery in overdue)
            {
                Stats.CountDropped();
                Log.Dropped(_logger, delivery.Tag, lane.Queue, delivery.TaskId ?? delivery.FallbackId, settlements.AgeOf(delivery), lane.Number);
            }
            if (overdue.Count > 0)
            {
                lanes.Recycle(lane);
            }
        }
        _lanes = lanes.Open;
    }

    /// <summary>No new work; what has not begun goes back; what runs ends and is acknowledged, as long as settling is allowed at all.</summary>
    private async Task DrainAsync(RabbitLane[] lanes)
    {
        using var closing = new CancellationTokenSource(CloseTimeout, _module.Time);
        await Task.WhenAll(lanes.Select(lane => lane.StopTakingAsync(closing.Token)));
        CrashPoint.Hit(CrashPoints.Draining);
        await WaitUntilAbortAsync(Task.WhenAll(lanes.Select(lane => lane.Workers)));
        using var flushing = new CancellationTokenSource(CloseTimeout, _module.Time);
        await Task.WhenAll(lanes.Select(lane => lane.FlushAsync(flushing.Token)));
    }

    private ValueTask BeginAsync(Func<Delivery, ValueTask> execute, RabbitDelivery delivery) =>
        delivery.DeliveryCount >= RabbitDelivery.RepublishAt ? RescueAsync(delivery, execute) : execute(delivery);

    /// <summary>Every hand-back counts as a delivery (before RabbitMQ 4.3), and pauses must not add up to a dead letter.</summary>
    private ValueTask GiveBackAsync(RabbitDelivery delivery)
    {
        return delivery.DeliveryCount >= RabbitDelivery.RepublishAt && !_drain.Draining.IsCancellationRequested ? RescueAsync(delivery, HandBack) : HandBack(delivery);

        static ValueTask HandBack(Delivery delivery)
        {
            ((RabbitDelivery)delivery).HandBack();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Whether its own crashes or broken connections brought the count up, the guard knows better than the broker: the count starts again.</summary>
    private async ValueTask RescueAsync(RabbitDelivery delivery, Func<Delivery, ValueTask> otherwise)
    {
        try
        {
            await delivery.PublishAgainAsync(_drain.Abort);
            Log.Rescued(_logger, delivery.FallbackId, delivery.DeliveryCount);
            return;
        }
        catch (Exception e) when (e is PublishFailedException or OperationCanceledException)
        {
            Log.NotRescued(_logger, delivery.FallbackId, delivery.DeliveryCount, e.Message);
        }
        await otherwise(delivery);
    }

    private async Task WaitUntilAbortAsync(Task task)
    {
        try
        {
            await task.WaitAsync(_drain.Abort);
        }
        catch (OperationCanceledException) when (_drain.Abort.IsCancellationRequested)
        {
            Log.Aborted(_logger);
        }
    }

    private int PrefetchFor(int limit) =>
        _module.Options.Prefetch > 0 ? _module.Options.Prefetch
        : _laneCount is not null ? 1
        : Math.Max(1, (2 * limit + _module.Options.Lanes - 1) / _module.Options.Lanes);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The connection broke twice soon after it subscribed to {Queue}: perhaps a message has a header that the client cannot read. One message is taken at a time, until the broker dead-letters it")]
        public static partial void Cautious(ILogger logger, string queue);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Ready} messages are ready in {Queue}, slots are free, and nothing was delivered for {Seconds:0} s: the connection is rebuilt")]
        public static partial void Stalled(ILogger logger, long ready, string queue, double seconds);

        [LoggerMessage(Level = LogLevel.Error, Message = "Delivery {Tag} from {Queue}, task {TaskId}, is in hand since {Age} and was neither acknowledged nor handed back, although its handler's time is over: lane {Lane} is closed and opened anew, so that the broker delivers the task again. This is a defect of the consumer, not of the task: please report it")]
        public static partial void Dropped(ILogger logger, ulong tag, string queue, string? taskId, TimeSpan age, int lane);

        [LoggerMessage(Level = LogLevel.Information, Message = "Message {MessageId} was delivered {Count} times before: it is published anew, so that the broker does not dead-letter it")]
        public static partial void Rescued(ILogger logger, string? messageId, long count);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Message {MessageId} was delivered {Count} times before and could not be published anew: {Error}")]
        public static partial void NotRescued(ILogger logger, string? messageId, long count, string error);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The shutdown did not wait for all tasks to be settled; what is not acknowledged is delivered again")]
        public static partial void Aborted(ILogger logger);
    }
}
