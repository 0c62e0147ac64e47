using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Contract;

/// <summary>A module on the real broker, behind a proxy that can cut its connections.</summary>
/// <param name="add">Adds the module with the names and the address that it is given.</param>
internal sealed class RabbitHarness(RabbitBroker broker, TcpProxy proxy, Action<TaskConsumersBuilder, Action<RabbitOptions>> add) : ITransportHarness
{
    public static async Task<RabbitHarness> CreateAsync(Action<TaskConsumersBuilder, Action<RabbitOptions>> add)
    {
        var broker = await RabbitBroker.ConnectAsync();
        return new RabbitHarness(broker, TcpProxy.Start(new Uri(broker.Url)), add);
    }

    public IReadOnlyList<StatusEvent> Statuses => broker.Statuses;

    public void AddTo(TaskConsumersBuilder builder) => add(builder, options =>
    {
        broker.Configure(options);
        options.Url = proxy.Url.ToString();
    });

    public async Task<string?> PublishAsync(TestFleet fleet, ReadOnlyMemory<byte> body, string? messageId, IReadOnlyDictionary<string, string>? headers)
    {
        // The first message of a test may come before the instance has declared its queue.
        await Eventually.TrueAsync(async () => await IsDeclaredAsync(), "the work queue is declared");
        await broker.PublishAsync(body, messageId, headers);
        return messageId;
    }

    public Task<IReadOnlyList<SeenMessage>> DeadLettersAsync(TestFleet fleet) => Task.FromResult(broker.DeadLetters);

    public Task BreakConnectionAsync(TestFleet fleet)
    {
        proxy.ResetAll();
        return Task.CompletedTask;
    }

    public Task<long> ReadyAsync(TestFleet fleet) => broker.ReadyAsync(broker.WorkQueue);

    public async ValueTask DisposeAsync()
    {
        await broker.DisposeAsync();
        await proxy.DisposeAsync();
    }

    private async Task<bool> IsDeclaredAsync()
    {
        try
        {
            await broker.ReadyAsync(broker.WorkQueue);
            return true;
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException)
        {
            return false;
        }
    }
}
