namespace Consumers.Core;

/// <summary>A message that goes to the work queue once more, as if its producer had sent it again.</summary>
/// <param name="MessageId">The task's id; null when the body is no task and came without one.</param>
/// <param name="Key">On Kafka the record's key; elsewhere it is in the body.</param>
/// <param name="Headers">As they came. The transport leaves out the fleet's own, and keeps a <c>traceparent</c> as it is.</param>
/// <param name="Series">Goes out as <c>x-series</c> when it is over 1.</param>
public sealed record ReplayMessage(ReadOnlyMemory<byte> Body, string? MessageId, string? Key, IReadOnlyList<KeyValuePair<string, string>> Headers, int Series)
{
    /// <summary>The headers that the fleet gives it.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Ours() =>
        Series > 1 ? [new(TaskHeaders.Series, Series.ToString(System.Globalization.CultureInfo.InvariantCulture))] : [];
}
