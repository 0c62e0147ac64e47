namespace Consumers.Rabbit;

/// <summary>A connection or channel is gone, or must be rebuilt; the supervisor takes it from there.</summary>
internal sealed class RabbitLostException(string message, Exception? inner = null) : Exception(message, inner);
