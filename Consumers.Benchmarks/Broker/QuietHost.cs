using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Consumers.Benchmarks;

/// <summary>A generic host without logs, configuration files and signals of its own, the same for every variant that needs one.</summary>
internal static class QuietHost
{
    public static IHost Build(Action<IServiceCollection> configure)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        // The tool listens to Ctrl-C itself, and a run's host is stopped by its run.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        configure(builder.Services);
        return builder.Build();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
