using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Contract;

public sealed class RabbitContract : TransportContract
{
    protected override async ValueTask<ITransportHarness> CreateHarnessAsync() => await Harness.CreateAsync();

    private sealed class Harness(RabbitBroker broker, TcpProxy proxy) : ITransportHarness
    {
        public static async Task<Harness> CreateAsync()
        {
            var broker = await RabbitBroker.ConnectAsync();
            return new Harness(broker, TcpProxy.Start(new Uri(broker.Url)));
        }

        public IReadOnlyList<StatusEvent> Statuses => broker.Statuses;

        public void AddTo(TaskConsumersBuilder builder) => builder.AddRabbit(options =>
        {
            broker.Configure(options);
            options.Url = proxy.Url.ToString();
        });

        public async Task PublishAsync(TestFleet fleet, ReadOnlyMemory<byte> body, string? messageId, IReadOnlyDictionary<string, string>? headers)
        {
            // The first message of a test may come before the instance has declared its queue.
            await Eventually.TrueAsync(async () => await IsDeclaredAsync(), "the work queue is declared");
            await broker.PublishAsync(body, messageId, headers);
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
}
