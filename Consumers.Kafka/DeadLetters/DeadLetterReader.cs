using System.Globalization;
using Confluent.Kafka;
using Consumers.Core;
using Microsoft.Extensions.Logging;

namespace Consumers.Kafka;

/// <summary>
/// One consumer of the dead-letter topic, on a thread of its own that always polls: while a batch waits for the ledger, which may be away for hours, all partitions are paused. An offset
/// is committed when its record is archived; whoever gets a record again finds it there by its place in the topic.
/// </summary>
internal sealed partial class DeadLetterReader(KafkaModule module, Func<IReadOnlyList<DeadLetter>, CancellationToken, ValueTask> archive, ILogger logger)
{
    private static readonly TimeSpan PollAtMost = TimeSpan.FromMilliseconds(100);

    private readonly List<ConsumeResult<byte[]?, byte[]?>> _taken = [];
    private Error? _fatal;

    /// <summary>Reads until it is cancelled.</summary>
    /// <exception cref="KafkaException">The client failed for good; another one may do better.</exception>
    public Task RunAsync(CancellationToken stopping)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                Run(stopping);
                ended.SetResult();
            }
            catch (Exception e)
            {
                ended.SetException(e);
            }
        })
        { IsBackground = true, Name = "kafka dead letters" }.Start();
        return ended.Task;
    }

    private void Run(CancellationToken stopping)
    {
        var config = KafkaClients.Consumer(module.Options, module.Cluster.Servers, module.Instance.Name, KafkaDeadLetterSource.GroupOf(module.Options));
        // Nothing of this topic may be passed over: it keeps what it has for ever.
        config.AutoOffsetReset = AutoOffsetReset.Earliest;
        using var consumer = new ConsumerBuilder<byte[]?, byte[]?>(config)
            .SetErrorHandler((_, error) => OnError(error))
            .SetLogHandler((_, line) => Log.Client(logger, line.Message))
            .Build();
        consumer.Subscribe(module.Names.DeadLetter);
        while (!stopping.IsCancellationRequested)
        {
            Take(consumer);
            if (_taken.Count > 0)
            {
                Archive(consumer, stopping);
            }
        }
        consumer.Close();
    }

    private void Take(IConsumer<byte[]?, byte[]?> consumer)
    {
        var bytes = 0;
        while (_taken.Count < DeadLetterBatch.MaxLetters && bytes < DeadLetterBatch.MaxBytes && Poll(consumer, _taken.Count == 0 ? PollAtMost : TimeSpan.Zero) is { } record)
        {
            _taken.Add(record);
            bytes += record.Message.Value?.Length ?? 0;
        }
    }

    private void Archive(IConsumer<byte[]?, byte[]?> consumer, CancellationToken stopping)
    {
        ConsumeResult<byte[]?, byte[]?>[] batch = [.. _taken];
        _taken.Clear();
        var archiving = archive([.. batch.Select(Read)], stopping).AsTask();
        while (Task.WaitAny([archiving], PollAtMost) < 0)
        {
            // Polled all the same, or the group would take this consumer for dead.
            consumer.Pause(consumer.Assignment);
            if (Poll(consumer, TimeSpan.Zero) is { } early)
            {
                _taken.Add(early);
            }
        }
        if (stopping.IsCancellationRequested && archiving.IsCanceled)
        {
            return;
        }
        archiving.GetAwaiter().GetResult();
        Commit(consumer, batch);
        consumer.Resume(consumer.Assignment);
    }

    private void Commit(IConsumer<byte[]?, byte[]?> consumer, ConsumeResult<byte[]?, byte[]?>[] batch)
    {
        var mine = consumer.Assignment.ToHashSet();
        var offsets = batch.Where(record => mine.Contains(record.TopicPartition))
            .GroupBy(record => record.TopicPartition)
            .Select(partition => new TopicPartitionOffset(partition.Key, partition.Max(record => record.Offset.Value) + 1))
            .ToList();
        try
        {
            consumer.Commit(offsets);
        }
        catch (KafkaException e) when (!e.Error.IsFatal)
        {
            // They are archived, and known when they come again.
            Log.NotCommitted(logger, e.Error.Reason);
        }
    }

    private ConsumeResult<byte[]?, byte[]?>? Poll(IConsumer<byte[]?, byte[]?> consumer, TimeSpan wait)
    {
        try
        {
            return _fatal is { } fatal ? throw new KafkaException(fatal) : consumer.Consume(wait);
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            // The client goes on by itself.
            Log.Client(logger, e.Error.Reason);
            return null;
        }
    }

    private static DeadLetter Read(ConsumeResult<byte[]?, byte[]?> record)
    {
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var header in record.Message.Headers ?? [])
        {
            if (header.GetValueBytes() is { } bytes && HeaderText.Decode(bytes) is { } text)
            {
                headers.Add(new(header.Key, text));
            }
        }
        var at = record.Message.Timestamp;
        return new DeadLetter(
            KafkaModule.Name,
            record.Topic,
            // The brokers number every record, and the time tells a topic from one of the same name that was made anew.
            string.Create(CultureInfo.InvariantCulture, $"record:{record.Topic}:{record.Partition.Value}:{record.Offset.Value}:{at.UnixTimestampMs}"),
            record.Message.Value,
            // A body without an id has its first record's place for one.
            KafkaHeaders.Read(record.Message.Headers, TaskHeaders.Origin),
            KeyBytes.Text(record.Message.Key),
            headers)
        {
            At = at.Type == TimestampType.NotAvailable || at.UnixTimestampMs <= 0 ? null : at.UtcDateTime,
        };
    }

    private void OnError(Error error)
    {
        if (error.IsFatal)
        {
            _fatal = error;
        }
        Log.Client(logger, error.Reason);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Kafka consumer of dead letters: {Reason}")]
        public static partial void Client(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Dead letters are archived, but their offsets are not committed: {Reason}. They come again, and are known")]
        public static partial void NotCommitted(ILogger logger, string reason);
    }
}
