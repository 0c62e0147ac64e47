using Consumers.Core;
using Consumers.Ledger;
using Consumers.Rabbit;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Benchmarks;

/// <summary>This fleet in a host of its own, as a team would add it: with nothing remembered, or with the full ledger and its status events.</summary>
/// <param name="concurrency">Tasks at once.</param>
/// <param name="prefetch">0 for twice as many.</param>
/// <param name="filled">The ledger to use, which stays; null for a new one.</param>
/// <param name="subscribed">A queue is bound for all status events; without one the broker would drop each.</param>
internal sealed class FleetConsume(
    bool withLedger, string? name = null, int concurrency = FleetQueue.Concurrency, int prefetch = 0, FilledLedger? filled = null, bool subscribed = false) : IConsumeVariant
{
    public string Name => name ?? (withLedger ? "fleet-ledger" : "fleet");

    public VariantMode Mode => new(
        !withLedger ? "Rabbit module, status events off" : subscribed ? "Rabbit module, status events on, a queue bound for them" : "Rabbit module, status events on",
        withLedger ? "ledger" : "none",
        withLedger ? "all" : "none",
        $"concurrency {concurrency}, prefetch {(prefetch > 0 ? prefetch : 2 * concurrency)}, acks combined",
        withLedger ? "begun NORMAL, settled FULL" : "-");

    public async Task DeclareAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        await FleetQueue.DeclareAsync(run, cancellationToken);
        if (subscribed)
        {
            await run.Broker.SubscribeAsync(SubscriberOf(run), FleetQueue.StatusExchangeOf(run), cancellationToken);
        }
    }

    public async Task DeleteAsync(BrokerRun run)
    {
        if (subscribed)
        {
            await run.Broker.DeleteAsync([SubscriberOf(run)], []);
        }
        await FleetQueue.DeleteAsync(run);
    }

    public async Task<Sample> DrainAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        using var file = withLedger && filled is null ? new TemporaryLedger() : null;
        var path = filled is null ? file?.Path : await filled.GetAsync(cancellationToken);
        await using var host = QuietHost.Build(services =>
        {
            services.AddSingleton<Countdown>(run);
            var consumers = services.AddTaskConsumers(options => FleetQueue.Configure(options, run));
            if (path is not null)
            {
                consumers.AddLedger(ledger => ledger.Path = path);
            }
            consumers
                .AddRabbit(rabbit =>
                {
                    FleetQueue.Configure(rabbit, run, concurrency);
                    rabbit.Prefetch = prefetch;
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

    private static string SubscriberOf(BrokerRun run) => $"{run.Queue}.subscriber";
}
