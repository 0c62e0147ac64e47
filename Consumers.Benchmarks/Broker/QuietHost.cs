using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Consumers.Benchmarks;

/// <summary>A generic host without logs, configuration files and signals of its own, the same for every variant that needs one.</summary>
internal sealed class QuietHost : IAsyncDisposable
{
    private readonly IHost _host;

    private QuietHost(IHost host) => _host = host;

    public IServiceProvider Services => _host.Services;

    public static QuietHost Build(Action<IServiceCollection> configure)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        // The tool listens to Ctrl-C itself, and a run's host is stopped by its run.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        configure(builder.Services);
        return new QuietHost(builder.Build());
    }

    public Task StartAsync(CancellationToken cancellationToken) => _host.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _host.StopAsync(cancellationToken);

    // Some of its services can only be disposed of asynchronously.
    public ValueTask DisposeAsync() => ((IAsyncDisposable)_host).DisposeAsync();

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
