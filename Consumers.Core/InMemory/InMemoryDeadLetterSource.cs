namespace Consumers.Core.InMemory;

/// <summary>Empties the dead letters of an in-memory broker, which would otherwise keep them until its process ends.</summary>
public sealed class InMemoryDeadLetterSource(string module, InMemoryBroker broker) : IDeadLetterSource
{
    public string Module { get; } = module;

    public async Task RunAsync(Func<IReadOnlyList<DeadLetter>, CancellationToken, ValueTask> archive, CancellationToken cancellationToken)
    {
        using var arrived = new SemaphoreSlim(1, 1);
        broker.DeadLettered += Signal;
        try
        {
            while (true)
            {
                await arrived.WaitAsync(cancellationToken).ConfigureAwait(false);
                while (broker.PeekDeadLetters(DeadLetterBatch.MaxLetters) is { Count: > 0 } batch)
                {
                    await archive([.. batch.Select(Read)], cancellationToken).ConfigureAwait(false);
                    broker.ForgetDeadLetters(batch);
                }
            }
        }
        finally
        {
            broker.DeadLettered -= Signal;
        }

        void Signal()
        {
            try
            {
                arrived.Release();
            }
            catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
            {
                // It is signalled already, or nobody waits any more.
            }
        }
    }

    private DeadLetter Read(InMemoryMessage message)
    {
        KeyValuePair<string, string>[] headers = [.. message.Headers];
        return new DeadLetter(Module, InMemoryDelivery.QueueName, DeadLetterIdentity.Of(message.Body, message.MessageId, headers, occasion: null), message.Body, message.MessageId, Key: null, headers);
    }
}
