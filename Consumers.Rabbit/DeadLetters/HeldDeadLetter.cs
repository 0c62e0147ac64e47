using Consumers.Core;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>A message of the dead-letter queue, delivered and not acknowledged.</summary>
internal sealed class HeldDeadLetter(ulong tag, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body)
{
    /// <summary>Before the names of AMQP's own properties, which stand beside the headers.</summary>
    public const string PropertyPrefix = "amqp:";

    // The client's loop must not go on in the middle of a step of ours.
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ulong Tag => tag;

    public int Length => body.Length;

    /// <summary>Nobody reads the body any more.</summary>
    public Task Ended => _end.Task;

    public void End() => _end.TrySetResult();

    public DeadLetter Read(string module, string queue)
    {
        var headers = Headers();
        var death = RabbitDeath.Of(properties);
        return new DeadLetter(module, queue, DeadLetterIdentity.Of(body, properties.MessageId, headers, death?.Occasion), body, properties.MessageId, Key: null, headers)
        {
            At = death?.At,
            BrokerReason = death?.Reason,
        };
    }

    private List<KeyValuePair<string, string>> Headers()
    {
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var (name, value) in properties.Headers ?? new Dictionary<string, object?>())
        {
            if (!IncomingHeaders.IsOfTheBroker(name) && IncomingHeaders.Text(value) is { } text)
            {
                headers.Add(new(name, text));
            }
        }
        Add("content-type", properties.ContentType);
        Add("content-encoding", properties.ContentEncoding);
        Add("correlation-id", properties.CorrelationId);
        Add("reply-to", properties.ReplyTo);
        Add("type", properties.Type);
        Add("app-id", properties.AppId);
        Add("timestamp", properties.IsTimestampPresent() ? IncomingHeaders.Text(properties.Timestamp) : null);
        return headers;

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                headers.Add(new(PropertyPrefix + name, value));
            }
        }
    }
}
