using Consumers.Core;
using Consumers.Fleet;
using Consumers.Kafka;
using Consumers.Ledger;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Benchmarks;

/// <summary>The Kafka module in a host of its own, as a team would add it, in one of its three modes of remembering.</summary>
internal sealed class FleetKafkaConsume(GuardMode guard) : IKafkaVariant
{
    public string Name => guard switch
    {
        GuardMode.Ledger => "fleet-ledger",
        GuardMode.Redis => "fleet-redis",
        _ => "fleet",
    };

    public VariantMode ModeFor(KafkaWork work) => new(
        guard == GuardMode.Ledger ? "Kafka module, status events on" : "Kafka module, status events off",
        guard.ToString().ToLowerInvariant(),
        guard == GuardMode.Ledger ? "all" : "none",
        $"{work.Workers} workers, order by key, contiguous commits",
        guard == GuardMode.Ledger ? "begun NORMAL, settled FULL" : "-");

    public async Task<Sample> DrainAsync(KafkaRun run, CancellationToken cancellationToken)
    {
        using var file = guard == GuardMode.Ledger ? new TemporaryLedger() : null;
        await using var redis = guard == GuardMode.Redis ? await RedisProcess.StartAsync(cancellationToken) : null;
        await using var host = QuietHost.Build(services =>
        {
            services.AddSingleton<Countdown>(run).AddSingleton(run.Work);
            var consumers = services.AddTaskConsumers(BenchTopics.Configure);
            if (file is not null)
            {
                consumers.AddLedger(ledger => ledger.Path = file.Path);
            }
            if (redis is not null)
            {
                consumers.AddFleet(fleet => fleet.Url = redis.Url);
            }
            consumers
                .AddKafka(kafka =>
                {
                    BenchTopics.Configure(kafka, run.Cluster.Prefix);
                    kafka.BootstrapServers = run.Cluster.Servers;
                    kafka.Workers = run.Work.Workers;
                    kafka.Guard = guard;
                    kafka.Record = guard == GuardMode.Ledger ? RecordMode.All : RecordMode.None;
                    kafka.StatusEvents = guard == GuardMode.Ledger;
                })
                .AddHandler<TimedHandler>();
        });
        using var settled = new SettledCounter(run);
        await host.StartAsync(cancellationToken);
        var sample = await run.Finished.WaitAsync(cancellationToken);
        await host.StopAsync(cancellationToken);
        return sample;
    }
}
