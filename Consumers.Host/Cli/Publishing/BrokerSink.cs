using Consumers.Core;
using Consumers.Fleet;
using Consumers.Host.Hosting;
using Consumers.Kafka;
using Consumers.Rabbit;
using Consumers.Scaling;

namespace Consumers.Host.Cli.Publishing;

/// <summary>Straight to the broker, by the module's own transport: nothing is consumed here.</summary>
internal sealed class BrokerSink(ServiceProvider services, ITaskTransport transport) : ITaskSink
{
    public static BrokerSink Open(IConfiguration configuration, string module)
    {
        var services = new ServiceCollection();
        services.AddSingleton(configuration);
        services.AddLogging(logging => logging.AddConfiguration(configuration.GetSection("Logging")).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Error));
        services.AddSingleton<IHostApplicationLifetime, NoLifetime>();
        var consumers = services.AddTaskConsumers();
        _ = module switch
        {
            ModuleSwitches.Scaling => consumers.AddFleet().AddScaling(),
            ModuleSwitches.Kafka => consumers.AddKafka(),
            _ => consumers.AddRabbit(),
        };
        var provider = services.BuildServiceProvider();
        return new BrokerSink(provider, provider.GetServices<ITaskTransport>().Single(transport => transport.Module == module));
    }

    public string Name => transport.Module;

    public ValueTask SendAsync(TaskMessage message, CancellationToken cancellationToken) => transport.PublishAsync(message, cancellationToken);

    public ValueTask DisposeAsync() => services.DisposeAsync();

    /// <summary>There is no host here that could stop.</summary>
    private sealed class NoLifetime : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
        }
    }
}
