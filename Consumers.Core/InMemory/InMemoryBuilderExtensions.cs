using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Consumers.Core.InMemory;

public static class InMemoryBuilderExtensions
{
    /// <summary>Adds a module that needs no broker. Its messages live and die with the process; with a ledger, unfinished tasks are queued again at the next start.</summary>
    /// <param name="module">The module it stands in for.</param>
    /// <param name="guard">Who remembers that an attempt is settled.</param>
    public static TaskConsumersBuilder AddInMemory(this TaskConsumersBuilder builder, string module = "rabbit", GuardMode guard = GuardMode.Ledger, int minConcurrency = 3, int maxConcurrency = 10)
    {
        builder.Services.AddSingleton(provider =>
        {
            var time = provider.GetRequiredService<TimeProvider>();
            var broker = new InMemoryBroker(time);
            InMemoryTransport transport = null!;
            var source = new InMemoryTaskSource(
                broker,
                () => provider.GetRequiredService<TaskExecutorFactory>().Create(module, guard, transport),
                provider.GetRequiredService<DrainSignals>(),
                new ElasticConcurrency(minConcurrency, maxConcurrency, time),
                time);
            transport = new InMemoryTransport(module, broker, source, provider.GetRequiredService<IOptions<ConsumersOptions>>().Value, time);
            return new InMemoryModule(transport, source);
        });
        builder.Services.AddSingleton<ITaskTransport>(provider => provider.GetRequiredService<InMemoryModule>().Transport);
        builder.Services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<InMemoryModule>().Source);
        return builder;
    }
}

/// <summary>What <c>AddInMemory()</c> makes, for tests that look inside.</summary>
public sealed record InMemoryModule(InMemoryTransport Transport, InMemoryTaskSource Source);
