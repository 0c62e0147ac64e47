using System.Collections.Concurrent;
using System.Diagnostics;
using Confluent.Kafka;
using Consumers.Core;
using Microsoft.Extensions.Logging;

namespace Consumers.Kafka;

/// <summary>The one producer of a process. Every message is confirmed by all replicas in sync, or the caller hears that it was not.</summary>
internal sealed partial class KafkaProducer(KafkaOptions options, KafkaCluster cluster, string clientId, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private IProducer<byte[]?, byte[]?>? _producer;
    private bool _isDisposed;

    private readonly ConcurrentDictionary<string, PublishTarget> _targets = new(StringComparer.Ordinal);

    /// <summary>What is told of messages to this topic.</summary>
    public PublishTarget Target(string topic) =>
        _targets.TryGetValue(topic, out var known) ? known : _targets.GetOrAdd(topic, new PublishTarget(KafkaModule.Name, "kafka", "send", topic, clientId, time));

    /// <summary>Completes when the brokers have it.</summary>
    /// <param name="span">Of this message; it ends here.</param>
    /// <exception cref="PublishFailedException">They did not confirm it.</exception>
    public async Task PublishAsync(string topic, Message<byte[]?, byte[]?> message, Activity? span, CancellationToken cancellationToken)
    {
        var (target, askedAt) = (Target(topic), time.GetTimestamp());
        // Reports arrive on the client's polling thread, which must not run what waits for them.
        var confirmed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var producer = Get();
        try
        {
            producer.Produce(topic, message, report =>
            {
                target.Done(askedAt, span, report.Error.IsError ? WordOf(report.Error.Code) : null);
                Settle(confirmed, producer, topic, report.Error);
            });
        }
        catch (KafkaException e)
        {
            target.Done(askedAt, span, WordOf(e.Error.Code));
            throw Failure(producer, topic, e.Error, e);
        }
        catch (ObjectDisposedException e)
        {
            // A fatal error on another message had it replaced at this moment.
            target.Done(askedAt, span, "unavailable");
            throw new PublishFailedException(PublishFailure.Unavailable, "the producer is being replaced", e);
        }
        await confirmed.Task.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        IProducer<byte[]?, byte[]?>? last;
        lock (_lock)
        {
            (_isDisposed, last, _producer) = (true, _producer, null);
        }
        last?.Flush(FlushTimeout);
        last?.Dispose();
    }

    private IProducer<byte[]?, byte[]?> Get()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _producer ??= new ProducerBuilder<byte[]?, byte[]?>(KafkaClients.Producer(options, cluster.Servers, clientId))
                .SetErrorHandler((_, error) => Log.Error(logger, error.Reason))
                .SetLogHandler((_, line) => Log.Client(logger, line.Message))
                .Build();
        }
    }

    private void Settle(TaskCompletionSource confirmed, IProducer<byte[]?, byte[]?> producer, string topic, Error error)
    {
        if (error.IsError)
        {
            confirmed.TrySetException(Failure(producer, topic, error, null));
        }
        else
        {
            confirmed.TrySetResult();
        }
    }

    private PublishFailedException Failure(IProducer<byte[]?, byte[]?> producer, string topic, Error error, Exception? inner)
    {
        if (error.IsFatal || error.Code == ErrorCode.Local_Fatal)
        {
            Replace(producer, error);
        }
        return new PublishFailedException(KindOf(error.Code), $"Kafka did not confirm a message for topic '{topic}': {error.Reason}", inner);
    }

    private static PublishFailure KindOf(ErrorCode code) => code switch
    {
        ErrorCode.MsgSizeTooLarge or ErrorCode.InvalidMsg or ErrorCode.TopicAuthorizationFailed or ErrorCode.PolicyViolation => PublishFailure.Refused,
        ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition => PublishFailure.Unroutable,
        _ => PublishFailure.Unavailable,
    };

    private static string WordOf(ErrorCode code) => KindOf(code) switch { PublishFailure.Refused => "refused", PublishFailure.Unroutable => "unroutable", _ => "unavailable" };

    /// <summary>After a fatal error a producer sends nothing more; the next message gets a new one.</summary>
    private void Replace(IProducer<byte[]?, byte[]?> producer, Error error)
    {
        lock (_lock)
        {
            if (_producer != producer)
            {
                return;
            }
            _producer = null;
        }
        Log.Fatal(logger, error.Reason);
        // Not here: this may be its own polling thread, which disposing waits for.
        ThreadPool.UnsafeQueueUserWorkItem(static old => old.Dispose(), producer, preferLocal: false);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Kafka producer: {Reason}")]
        public static partial void Error(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Debug, Message = "librdkafka: {Line}")]
        public static partial void Client(ILogger logger, string line);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The producer failed for good and is replaced: {Reason}. What was on its way is sent again")]
        public static partial void Fatal(ILogger logger, string reason);
    }
}
