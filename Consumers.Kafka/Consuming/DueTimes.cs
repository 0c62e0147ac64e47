using Confluent.Kafka;
using Consumers.Core;

namespace Consumers.Kafka;

/// <summary>
/// How long a retry topic holds a record. The header says when it is due, but it may lie, be absent, be of a clock that was set since, or name a wait longer than the
/// tier: no record holds up those behind it for longer than a tier and its jitter. What comes out early is parked again by the pipeline.
/// </summary>
internal static class DueTimes
{
    private const double Longest = 1.2;

    /// <param name="now">Of a steady clock: one that is set must not let a retry out before its wait is over, nor keep it for hours.</param>
    public static DateTimeOffset Of(ConsumeResult<byte[]?, byte[]?> record, TimeSpan tier, DateTimeOffset now)
    {
        var longest = tier * Longest;
        TimeSpan left;
        if (TaskHeaders.ReadTime(KafkaHeaders.Read(record.Message.Headers, TaskHeaders.DueAt)) is { } due)
        {
            // What is left of a wait can never be more than the whole of it.
            var whole = TimeSpan.FromMilliseconds(TaskHeaders.ReadInt(KafkaHeaders.Read(record.Message.Headers, TaskHeaders.WaitMs), 0, int.MaxValue, int.MaxValue));
            left = due - now < whole ? due - now : whole;
        }
        else
        {
            var written = record.Message.Timestamp.Type == TimestampType.NotAvailable ? now : new DateTimeOffset(record.Message.Timestamp.UtcDateTime);
            left = written + tier - now;
        }
        return now + (left < longest ? left : longest);
    }
}
