using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;
using Consumers.Core;

namespace Consumers.Kafka;

/// <summary>One record in the hands of this process. Acknowledging it moves its partition's progress; the commit follows.</summary>
internal sealed class KafkaDelivery(AssignedPartition partition, ConsumeResult<byte[]?, byte[]?> record, KafkaTaskPublisher publisher) : Delivery
{
    private string? _origin;

    public AssignedPartition Partition => partition;

    public ConsumeResult<byte[]?, byte[]?> Record => record;

    public override ReadOnlyMemory<byte> Body => record.Message.Value;

    public override string? FallbackId => Origin;

    public override string? KeyOverride => KeyBytes.Text(record.Message.Key);

    public override string Origin => _origin ??= $"{record.Topic}:{record.Partition.Value}:{record.Offset.Value}";

    public override string Destination => record.Topic;

    public override string MessagingSystem => "kafka";

    /// <summary>It was handed back while its partition is still here: nobody else would deliver it.</summary>
    public bool ComesAgain { get; private set; }

    /// <summary>In bytes.</summary>
    public int Size => (record.Message.Value?.Length ?? 0) + (record.Message.Key?.Length ?? 0);

    public override string? Header(string name) => KafkaHeaders.Read(record.Message.Headers, name);

    public override void Describe(Activity span)
    {
        span.SetTag(Labels.Partition, record.Partition.Value.ToString(CultureInfo.InvariantCulture)).SetTag("messaging.kafka.offset", record.Offset.Value);
        if (KeyOverride is { } key)
        {
            span.SetTag("messaging.kafka.message.key", key);
        }
    }

    public override ValueTask<bool> SettleAsync(Settlement settlement, OnwardMessage? onward, CancellationToken cancellationToken)
    {
        ComesAgain = false;
        switch (settlement)
        {
            case Settlement.Ack:
                return new(Complete());
            case Settlement.HandBack:
                // Uncommitted: the next owner of the partition begins with it. While that is we, it takes its turn again.
                ComesAgain = !partition.IsLost;
                return new(ComesAgain);
            default:
                return PublishAsync(settlement, onward, cancellationToken);
        }
    }

    private async ValueTask<bool> PublishAsync(Settlement settlement, OnwardMessage? onward, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(onward);
        if (partition.IsLost)
        {
            return false;
        }
        if (settlement is Settlement.DeadLetter)
        {
            await publisher.PublishDeadAsync(onward, record.Message, cancellationToken);
        }
        else
        {
            await publisher.PublishWaitingAsync(onward, record.Message, cancellationToken);
        }
        Trace?.Confirmed(settlement);
        CrashPoint.Hit(settlement is Settlement.DeadLetter ? CrashPoints.DeadLetterConfirmed : CrashPoints.RetryConfirmed);
        return Complete();
    }

    private bool Complete()
    {
        Trace?.Acknowledging();
        var completed = partition.Progress.Complete(partition.Progress.Epoch, record.Offset.Value);
        CrashPoint.Hit(CrashPoints.Processed);
        return completed;
    }
}
