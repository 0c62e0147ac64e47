namespace Consumers.Kafka;

/// <summary>What the page of the module shows. What nobody could tell is null: unknown is not zero.</summary>
/// <param name="AsOf">When the brokers were last asked with success; null when never.</param>
/// <param name="Rebalances">Of this instance, newest first.</param>
public sealed record KafkaView(string Group, string Instance, DateTimeOffset? AsOf, IReadOnlyList<PartitionView> Partitions, IReadOnlyList<RetryTierView> Tiers, long? DeadLetters, int Workers, int Running, IReadOnlyList<RebalanceEntry> Rebalances);

/// <param name="Owner">The instance that has it; empty when nobody has, null when unknown.</param>
/// <param name="Committed">Null when nothing was committed yet, or unknown.</param>
/// <param name="Lag">Records that are not committed.</param>
/// <param name="Trend">The lag against that of ten seconds ago: above zero, it grows.</param>
/// <param name="WaitingSince">When the first record that is not committed was there at the latest; null when there is none, or that is not known.</param>
/// <param name="InFlight">Taken and not settled; known for this instance's partitions only.</param>
/// <param name="Paused">Why it is paused here; null when it is not.</param>
public sealed record PartitionView(string Topic, int Partition, string? Owner, long? Committed, long? End, long? Lag, long? Trend, DateTimeOffset? WaitingSince, int? InFlight, string? Paused);

/// <param name="Waiting">Retries in it, over all partitions.</param>
/// <param name="NextDue">Of the heads that this instance holds.</param>
public sealed record RetryTierView(string Topic, TimeSpan Tier, long? Waiting, DateTimeOffset? NextDue);
