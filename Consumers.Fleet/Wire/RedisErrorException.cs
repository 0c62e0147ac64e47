namespace Consumers.Fleet;

/// <summary>Redis has answered with an error. Nothing of the command was done, unless its script says otherwise.</summary>
internal sealed class RedisErrorException(string message) : Exception(message);
