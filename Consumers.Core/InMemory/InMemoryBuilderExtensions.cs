using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Consumers.Core.InMemory;

public static class InMemoryBuilderExtensions
{
    /// <summary>Adds a module that needs no broker. Its messages live and die with the process; with a ledger, unfinished tasks are queued again at the next start.</summary>
    /// <param name="module">The module it stands in for.</param>
    /// <param name="guard">Who remembers that an attempt is settled.</param>
    /// <param name="away">With Redis as guard: what happens while it is away.</param>
    /// <param name="counts">Whether its tasks are counted in what the fleet shares.</param>
    public static TaskConsumersBuilder AddInMemory(this TaskConsumersBuilder builder, string module = "rabbit", GuardMode guard = GuardMode.Ledger, int minConcurrency = 3, int maxConcurrency = 10, GuardAway away = GuardAway.Wait, bool counts = false)
    {
        // By the module's name, because several modules may live in memory side by side.
        builder.Services.AddKeyedSingleton(module, (provider, _) =>
        {
            var time = provider.GetRequiredService<TimeProvider>();
            var broker = new InMemoryBroker(time);
            InMemoryTransport transport = null!;
            var source = new InMemoryTaskSource(
                broker,
                () => provider.GetRequiredService<TaskExecutorFactory>().Create(module, guard, transport, away, counts),
                provider.GetRequiredService<DrainSignals>(),
                new ElasticConcurrency(minConcurrency, maxConcurrency, time),
                () => provider.GetRequiredService<IPauses>().Current.Find(module) is not null,
                time);
            transport = new InMemoryTransport(module, broker, source, provider.GetRequiredService<IOptions<ConsumersOptions>>().Value, time, counts ? provider.GetService<ITaskCounters>() : null, guard);
            return new InMemoryModule(transport, source);
        });
        builder.Services.AddSingleton(provider => provider.GetRequiredKeyedService<InMemoryModule>(module));
        builder.Services.AddSingleton<ITaskTransport>(provider => provider.GetRequiredKeyedService<InMemoryModule>(module).Transport);
        builder.Services.AddSingleton<IDeadLetterSource>(provider => new InMemoryDeadLetterSource(module, provider.GetRequiredKeyedService<InMemoryModule>(module).Transport.Broker));
        builder.Services.AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<InMemoryModule>(module).Source);
        return builder;
    }
}

/// <summary>What <c>AddInMemory()</c> makes, for tests that look inside.</summary>
public sealed record InMemoryModule(InMemoryTransport Transport, InMemoryTaskSource Source);
