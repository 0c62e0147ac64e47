namespace Consumers.Kafka;

/// <summary>Another process is the same static member of the group: this one may not go on, and must not try again in a loop.</summary>
public sealed class KafkaFencedException(string message) : Exception(message);
