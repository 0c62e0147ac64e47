namespace Consumers.Kafka;

/// <summary>The topics are not such that tasks are safe in them; the text names each and says what to do.</summary>
public sealed class KafkaTopologyException(string message, Exception? inner = null) : Exception(message, inner);
