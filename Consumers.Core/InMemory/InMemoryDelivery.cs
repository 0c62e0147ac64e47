namespace Consumers.Core.InMemory;

public sealed class InMemoryDelivery : Delivery
{
    public const string QueueName = "in-memory";

    private readonly InMemoryBroker _broker;
    private readonly InMemoryConsumer _consumer;
    private readonly long _tag;
    private readonly InMemoryMessage _message;

    internal InMemoryDelivery(InMemoryBroker broker, InMemoryConsumer consumer, long tag, InMemoryMessage message) =>
        (_broker, _consumer, _tag, _message) = (broker, consumer, tag, message);

    public override ReadOnlyMemory<byte> Body => _message.Body;

    public override string? FallbackId => _message.MessageId;

    public override string Origin => QueueName;

    public bool Redelivered => _message.Redelivered;

    public override string? Header(string name) => _message.Headers.GetValueOrDefault(name);

    public override ValueTask<bool> SettleAsync(Settlement settlement, OnwardMessage? onward, CancellationToken cancellationToken)
    {
        if (settlement is Settlement.HandBack)
        {
            return new(_broker.Return(_consumer, _tag));
        }
        if (onward is not null)
        {
            var message = new InMemoryMessage(onward.Body, onward.MessageId, Merge(onward));
            if (onward.Delay is { } delay)
            {
                _broker.PublishDelayed(message, delay);
            }
            else
            {
                _broker.PublishDeadLetter(message);
            }
        }
        return new(_broker.Acknowledge(_consumer, _tag));
    }

    private Dictionary<string, string> Merge(OnwardMessage onward)
    {
        var headers = _message.Headers.Where(header => !TaskHeaders.IsOurs(header.Key)).ToDictionary(StringComparer.Ordinal);
        foreach (var (name, value) in onward.Headers)
        {
            headers[name] = value;
        }
        return headers;
    }
}
