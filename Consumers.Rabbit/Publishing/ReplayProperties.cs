using Consumers.Core;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>The properties of a message that comes out of the archive: AMQP's own stand there as headers.</summary>
internal static class ReplayProperties
{
    /// <summary>As the message came, to be passed on by <see cref="OnwardProperties"/>.</summary>
    public static BasicProperties From(IReadOnlyList<KeyValuePair<string, string>> archived)
    {
        var headers = new Dictionary<string, object?>(StringComparer.Ordinal);
        var properties = new BasicProperties { Headers = headers };
        foreach (var (name, value) in archived)
        {
            if (!name.StartsWith(HeldDeadLetter.PropertyPrefix, StringComparison.Ordinal))
            {
                headers[name] = value;
                continue;
            }
            switch (name[HeldDeadLetter.PropertyPrefix.Length..])
            {
                case "content-type":
                    properties.ContentType = value;
                    break;
                case "content-encoding":
                    properties.ContentEncoding = value;
                    break;
                case "correlation-id":
                    properties.CorrelationId = value;
                    break;
                case "reply-to":
                    properties.ReplyTo = value;
                    break;
                case "type":
                    properties.Type = value;
                    break;
                case "app-id":
                    properties.AppId = value;
                    break;
                case "timestamp" when TaskHeaders.ReadTime(value) is { } time:
                    properties.Timestamp = new AmqpTimestamp(time.ToUnixTimeSeconds());
                    break;
            }
        }
        return properties;
    }
}
