using Consumers.Core;
using Consumers.Ledger;
using Consumers.Rabbit;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Benchmarks;

/// <summary>This fleet in a host of its own, as a team would add it: with nothing remembered, or with the full ledger and its status events.</summary>
/// <param name="concurrency">Tasks at once.</param>
internal sealed class FleetConsume(bool withLedger, string? name = null, int concurrency = FleetQueue.Concurrency) : IConsumeVariant
{
    public string Name => name ?? (withLedger ? "fleet-ledger" : "fleet");

    public VariantMode Mode => new(
        withLedger ? "Rabbit module, status events on" : "Rabbit module, status events off",
        withLedger ? "ledger" : "none",
        withLedger ? "all" : "none",
        $"concurrency {concurrency}, prefetch {2 * concurrency}, acks combined",
        withLedger ? "begun NORMAL, settled FULL" : "-");

    public Task DeclareAsync(BrokerRun run, CancellationToken cancellationToken) => FleetQueue.DeclareAsync(run, cancellationToken);

    public Task DeleteAsync(BrokerRun run) => FleetQueue.DeleteAsync(run);

    public async Task<Sample> DrainAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        using var file = withLedger ? new TemporaryLedger() : null;
        await using var host = QuietHost.Build(services =>
        {
            services.AddSingleton<Countdown>(run);
            var consumers = services.AddTaskConsumers(FleetQueue.Configure);
            if (file is not null)
            {
                consumers.AddLedger(ledger => ledger.Path = file.Path);
            }
            consumers
                .AddRabbit(rabbit =>
                {
                    FleetQueue.Configure(rabbit, run, concurrency);
                    rabbit.Guard = withLedger ? GuardMode.Ledger : GuardMode.None;
                    rabbit.Record = withLedger ? RecordMode.All : RecordMode.None;
                    rabbit.StatusEvents = withLedger;
                })
                .AddHandler<EmptyHandler>();
        });
        using var settled = new SettledCounter(run);
        await host.StartAsync(cancellationToken);
        var sample = await run.Finished.WaitAsync(cancellationToken);
        await host.StopAsync(cancellationToken);
        return sample;
    }
}
