using System.Collections.Concurrent;
using Consumers.Core;
using Consumers.Core.InMemory;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Contract;

public sealed class InMemoryContract : TransportContract
{
    protected override ValueTask<ITransportHarness> CreateHarnessAsync() => new(new Harness());

    private sealed class Harness : ITransportHarness
    {
        private readonly ConcurrentQueue<StatusEvent> _statuses = new();
        private int _listening;

        public IReadOnlyList<StatusEvent> Statuses => [.. _statuses];

        public bool IsArchived => false;

        public void AddTo(TaskConsumersBuilder builder) => builder.AddInMemory();

        public Task<string?> PublishAsync(TestFleet fleet, ReadOnlyMemory<byte> body, string? messageId, IReadOnlyDictionary<string, string>? headers)
        {
            if (Interlocked.Exchange(ref _listening, 1) == 0)
            {
                BrokerOf(fleet).StatusAnnounced += _statuses.Enqueue;
            }
            BrokerOf(fleet).Publish(new InMemoryMessage(body, messageId, headers ?? new Dictionary<string, string>()));
            return Task.FromResult(messageId);
        }

        public Task<IReadOnlyList<SeenMessage>> DeadLettersAsync(TestFleet fleet) => Task.FromResult<IReadOnlyList<SeenMessage>>(
            [.. BrokerOf(fleet).DeadLetters.Select(message => new SeenMessage(message.Body, message.MessageId, message.Headers))]);

        public Task BreakConnectionAsync(TestFleet fleet)
        {
            fleet.Services.GetRequiredService<InMemoryModule>().Source.BreakConnection();
            return Task.CompletedTask;
        }

        public Task<long> ReadyAsync(TestFleet fleet) => Task.FromResult((long)BrokerOf(fleet).Ready);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static InMemoryBroker BrokerOf(TestFleet fleet) => fleet.Services.GetRequiredService<InMemoryModule>().Transport.Broker;
    }
}
