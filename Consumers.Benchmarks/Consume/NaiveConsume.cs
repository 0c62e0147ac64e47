using System.Text.Json;
using Consumers.Ledger;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using RabbitMQ.Client;
using StackExchange.Redis;

namespace Consumers.Benchmarks;

/// <summary>What one writes first: each task a row by SaveChanges, another when it is done, a counter in Redis that is awaited, its own ack.</summary>
internal sealed class NaiveConsume : IConsumeVariant
{
    private const ushort Prefetch = 10;

    public string Name => "naive";

    public VariantMode Mode => new("RabbitMQ.Client, EF Core, Redis, each awaited", "none", "all", $"prefetch {Prefetch}, single acks", "FULL");

    public async Task<Sample> DrainAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        using var file = new TemporaryLedger();
        await using var redis = await RedisProcess.StartAsync(cancellationToken);
        using var counters = await ConnectionMultiplexer.ConnectAsync(new Uri(redis.Url).Authority);
        var database = new LedgerDatabase(Options.Create(new LedgerOptions { Path = file.Path }));
        await new LedgerMigrator(database, TimeProvider.System).MigrateAsync(cancellationToken);
        await using var rows = database.CreateMigrating();
        await rows.Database.OpenConnectionAsync(cancellationToken);
        await using var connection = await run.Broker.OpenAsync(cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        return await new Consumer(channel, run, rows, counters.GetDatabase()).DrainAsync(Prefetch, cancellationToken);
    }

    private sealed class Consumer(IChannel channel, BrokerRun run, DbContext rows, IDatabase counters) : RunConsumer(channel, run)
    {
        public override async Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey,
            IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
        {
            Run.Meter.First();
            var task = JsonSerializer.Deserialize(body.Span, BenchJson.Default.BenchTask)!;
            var row = SaveChangesLedger.Begin();
            row.Id = task.Id;
            rows.Add(row);
            await rows.SaveChangesAsync(cancellationToken);
            SaveChangesLedger.Settle(row);
            await rows.SaveChangesAsync(cancellationToken);
            rows.ChangeTracker.Clear();
            await counters.StringIncrementAsync("processed");
            await Channel.BasicAckAsync(deliveryTag, multiple: false, cancellationToken);
            if (Run.IsLast())
            {
                Run.Finish();
            }
        }
    }
}
