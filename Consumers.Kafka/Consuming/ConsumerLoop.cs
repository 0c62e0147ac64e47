using Confluent.Kafka;
using Consumers.Core;
using Microsoft.Extensions.Logging;

namespace Consumers.Kafka;

/// <summary>
/// One consumer's life on a thread of its own. The thread owns the client and always polls: handlers run elsewhere, waits are kept in a table, and commits go
/// out beside it, so that neither a slow handler nor a delayed retry costs this process its partitions.
/// </summary>
internal sealed partial class ConsumerLoop
{
    private static readonly TimeSpan PollAtMost = TimeSpan.FromMilliseconds(50);

    /// <summary>While something waits for room, which nobody announces.</summary>
    private static readonly TimeSpan PollWhenFull = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);
    private const int PollsATick = 256;

    private readonly KafkaModule _module;
    private readonly KafkaGroup _group;
    private readonly KafkaOptions _options;
    private readonly KeyWorkers _workers;
    private readonly Assignment _assignment;
    private readonly DrainSignals _drain;
    private readonly ILogger _logger;
    private IConsumer<byte[]?, byte[]?> _consumer = null!;
    private OffsetCommitter _committer = null!;
    private PartitionGate _gate = null!;
    private readonly HashSet<TopicPartition> _unresolved = [];
    private Error? _fatal;
    private long _askedAgainAt;
    private long _polledAt;

    public ConsumerLoop(KafkaModule module, KafkaGroup group, KeyWorkers workers, DrainSignals drain, ILogger logger)
    {
        (_module, _group, _options, _workers, _drain, _logger) = (module, group, module.Options, workers, drain, logger);
        _assignment = new Assignment(module.Names, module.Options, module.Held, module.Rebalances, module.Time, logger);
    }

    public IReadOnlyList<AssignedPartition> Partitions => _assignment.Partitions;

    /// <summary>Since the last poll.</summary>
    public TimeSpan PollAge => _module.Time.GetElapsedTime(Volatile.Read(ref _polledAt));

    /// <summary>Polls until the shutdown has drained it.</summary>
    /// <exception cref="KafkaFencedException">Another process is the same static member.</exception>
    /// <exception cref="KafkaException">The client failed for good; another one may do better.</exception>
    public Task RunAsync()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                Run();
                ended.SetResult();
            }
            catch (Exception e)
            {
                ended.SetException(e);
            }
        })
        { IsBackground = true, Name = $"kafka {_group.Id}" }.Start();
        return ended.Task;
    }

    private void Run()
    {
        _consumer = new ConsumerBuilder<byte[]?, byte[]?>(KafkaClients.Consumer(_options, _module.Cluster.Servers, _module.Instance.Name, _group.Id))
            .SetPartitionsAssignedHandler((consumer, given) => _assignment.Assigned(consumer, given))
            .SetPartitionsRevokedHandler((_, taken) => _assignment.Revoked(_committer, [.. taken.Select(part => part.TopicPartition)]))
            .SetPartitionsLostHandler((_, gone) => _assignment.Lost([.. gone.Select(part => part.TopicPartition)]))
            .SetErrorHandler((_, error) => OnError(error))
            .SetLogHandler((_, line) => Log.Client(_logger, line.Message))
            .Build();
        _committer = new OffsetCommitter(_consumer, _options.CommitInterval, _module.History, _module.Time, _logger);
        _gate = new PartitionGate(_consumer, _options, _module.Held, () => _module.IsPaused(), _logger);
        try
        {
            _consumer.Subscribe(_group.Topics);
            while (!_drain.Draining.IsCancellationRequested)
            {
                Poll();
                Tick();
            }
            Drain();
        }
        finally
        {
            _assignment.LoseAll();
            _consumer.Dispose();
        }
    }

    private void Poll()
    {
        var (wait, most) = (NextWait(), PollsATick);
        if (_group.IsWork && (most = Math.Min(_workers.Room, PollsATick)) == 0)
        {
            // Enough waits for the workers, and the rest waits at the client, which keeps what it has fetched. Pausing would drop that, and while all its
            // partitions are paused the client's own thread sleeps for up to a second, whatever is resumed meanwhile: a pause is for what lasts.
            var left = PollAtMost - PollAge;
            if (left > TimeSpan.Zero)
            {
                _workers.WaitForRoom(left);
                return;
            }
            // A poll is what serves the client's callbacks, a rebalance among them, and it may bring a record.
            (wait, most) = (TimeSpan.Zero, 1);
        }
        for (var polls = 0; polls < most; polls++)
        {
            Volatile.Write(ref _polledAt, _module.Time.GetTimestamp());
            try
            {
                if (_consumer.Consume(polls == 0 ? wait : TimeSpan.Zero) is not { } record)
                {
                    return;
                }
                Accept(record);
            }
            catch (ConsumeException e) when (e.Error.Code == ErrorCode.Local_AutoOffsetReset)
            {
                Restart(e.ConsumerRecord.TopicPartition);
            }
            catch (KafkaException e) when (!e.Error.IsFatal)
            {
                // The client goes on by itself: a broker that is away, a poll that came too late.
                OnError(e.Error);
                return;
            }
            catch (KafkaException e)
            {
                throw Fatal(e.Error);
            }
        }
    }

    private void Accept(ConsumeResult<byte[]?, byte[]?> record)
    {
        if (_assignment.Find(record.TopicPartition) is not { } partition || partition.Take(record, _module.TaskPublisher) is not { } delivery)
        {
            return;
        }
        if (partition.Tier is not { } tier)
        {
            _workers.Add(delivery, record.Message.Key);
        }
        else if (DueTimes.Of(record, tier, _module.Steady.GetUtcNow()) is var due && due > _module.Steady.GetUtcNow())
        {
            // At most one: the partition is paused behind it.
            partition.Head = new Parked(delivery, due);
        }
        else
        {
            _workers.AddDue(delivery);
        }
        _gate.Set(partition);
    }

    private void Tick()
    {
        if (_fatal is { } fatal)
        {
            throw Fatal(fatal);
        }
        foreach (var partition in _assignment.Partitions)
        {
            if (partition.Head is { } head && head.DueAt <= _module.Steady.GetUtcNow())
            {
                partition.Head = null;
                _workers.AddDue(head.Delivery);
            }
            _gate.Set(partition);
        }
        if (_unresolved.Count > 0 && _module.Time.GetElapsedTime(_askedAgainAt) >= AskAgain)
        {
            _askedAgainAt = _module.Time.GetTimestamp();
            TopicPartition[] again = [.. _unresolved];
            _unresolved.Clear();
            Array.ForEach(again, Restart);
        }
        _committer.Tick(_assignment.Partitions);
    }

    private TimeSpan NextWait()
    {
        var wait = PollAtMost;
        var now = _module.Steady.GetUtcNow();
        foreach (var partition in _assignment.Partitions)
        {
            if (partition.IsFull)
            {
                wait = PollWhenFull;
            }
            if (partition.Head is { } head && head.DueAt - now < wait)
            {
                wait = head.DueAt > now ? head.DueAt - now : TimeSpan.Zero;
            }
        }
        return wait;
    }

    private void Restart(TopicPartition at)
    {
        if (_assignment.Find(at) is not { } partition)
        {
            return;
        }
        try
        {
            var start = _assignment.Resolve(_consumer, at);
            // A seek does nothing where the client has stopped fetching.
            _consumer.IncrementalUnassign([at]);
            _consumer.IncrementalAssign([start]);
            partition.IsPaused = false;
        }
        catch (KafkaException e)
        {
            Log.NotResolved(_logger, at.ToString(), e.Error.Reason);
            _unresolved.Add(at);
        }
    }

    /// <summary>Nothing new begins; what runs ends and is committed, polling all the while; then the group is left.</summary>
    private void Drain()
    {
        var ending = Task.WhenAll(_assignment.Partitions.Select(partition => partition.StopAsync()));
        CrashPoint.Hit(CrashPoints.Draining);
        _consumer.Pause(_assignment.Partitions.Select(partition => partition.At));
        while (!ending.IsCompleted && !_drain.Abort.IsCancellationRequested)
        {
            try
            {
                _consumer.Consume(PollWhenFull);
            }
            catch (KafkaException e)
            {
                OnError(e.Error);
            }
            _committer.Tick(_assignment.Partitions);
        }
        if (!ending.IsCompleted)
        {
            Log.Aborted(_logger);
        }
        if (!_committer.Finish(_assignment.Partitions, CloseTimeout))
        {
            Log.NotCommitted(_logger);
        }
        _consumer.Close();
    }

    private void OnError(Error error)
    {
        if (error.IsFatal)
        {
            _fatal = error;
        }
        else if (error.Code is ErrorCode.Local_AllBrokersDown)
        {
            _module.Health.Down(error.Reason);
        }
        Log.Client(_logger, error.Reason);
    }

    private Exception Fatal(Error error)
    {
        var text = error.Code == ErrorCode.FencedInstanceId || error.Reason.Contains("fenced", StringComparison.OrdinalIgnoreCase)
            ? $"Another process is the static member '{_group.Id}-{_module.Instance.Name}' of the group '{_group.Id}', and this one was fenced: two instances have the same CONSUMER_ID. Give each its own, or switch off Consumers:Kafka:StaticMembership."
            : null;
        _module.Health.Failed(text ?? error.Reason);
        return text is not null ? new KafkaFencedException(text) : new KafkaException(error);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Kafka consumer: {Reason}")]
        public static partial void Client(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Where {Partition} goes on could not be found out, and is asked again: {Reason}")]
        public static partial void NotResolved(ILogger logger, string partition, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The shutdown did not wait for all tasks to be settled; what is not committed is delivered again")]
        public static partial void Aborted(ILogger logger);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The last progress was not committed at the shutdown; what is settled does not run again")]
        public static partial void NotCommitted(ILogger logger);
    }
}
