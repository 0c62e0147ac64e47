using Consumers.Core;
using Consumers.Kafka;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Contract;

public sealed class KafkaContract : TransportContract
{
    protected override async ValueTask<ITransportHarness> CreateHarnessAsync() => new Harness(await KafkaBroker.StartAsync());

    private sealed class Harness(KafkaBroker broker) : ITransportHarness
    {
        public IReadOnlyList<StatusEvent> Statuses => broker.StatusesAsync().GetAwaiter().GetResult();

        public void AddTo(TaskConsumersBuilder builder) => builder.AddKafka(broker.Configure);

        public async Task<string?> PublishAsync(TestFleet fleet, ReadOnlyMemory<byte> body, string? messageId, IReadOnlyDictionary<string, string>? headers)
        {
            var at = await broker.PublishAsync(body, headers: headers);
            return $"{at.Topic}:{at.Partition.Value}:{at.Offset.Value}";
        }

        public Task<IReadOnlyList<SeenMessage>> DeadLettersAsync(TestFleet fleet) => broker.DeadLettersAsync();

        public async Task BreakConnectionAsync(TestFleet fleet)
        {
            broker.Faults.SetDown();
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
            broker.Faults.SetUp();
        }

        public Task<long> ReadyAsync(TestFleet fleet) => broker.LagAsync();

        public ValueTask DisposeAsync() => broker.DisposeAsync();
    }
}
