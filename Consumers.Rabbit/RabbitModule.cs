using Consumers.Core;
using Microsoft.Extensions.Logging;

namespace Consumers.Rabbit;

/// <summary>The parts of one module on RabbitMQ, put together. Nothing in it is static: two modules with other names live side by side.</summary>
internal sealed class RabbitModule : IAsyncDisposable
{
    /// <param name="name"><c>rabbit</c> or <c>scaling</c>: the module, lower case.</param>
    /// <param name="title">Of the dependency, for people.</param>
    public RabbitModule(string name, string title, RabbitOptions options, ConsumersOptions shared, RetrySchedule schedule, InstanceIdentity instance, TimeProvider time, Random random, ILoggerFactory loggers)
    {
        (Name, Options, Instance, Time) = (name, options, instance, time);
        MaxBodyBytes = shared.MaxBodyBytes;
        HandlerLimit = shared.Handlers.Timeout + shared.Handlers.CancellationGrace;
        Names = RabbitTopologyNames.Of(options);
        Health = new RabbitHealth(title, BrokerAddress.Redact(options.Url), time);
        Topology = new RabbitTopology(Names, options, schedule, loggers.CreateLogger<RabbitTopology>());
        Probe = new RabbitQueueProbe(Names, schedule);
        var logger = loggers.CreateLogger<RabbitConnection>();
        Consuming = new RabbitConnection($"{name}-consuming", options, instance, Health, time, random, logger);
        Publisher = new RabbitPublisher(options, new RabbitConnection($"{name}-publishing", options, instance, Health, time, random, logger), Topology, Health, time);
        TaskPublisher = new RabbitTaskPublisher(Publisher, Names, schedule, options, MaxBodyBytes, new TraceParent(random), new RabbitTargets(name, Names, instance.Name, time));
        // Of its own: a dead letter that the client cannot read closes the connection it comes on.
        Archiving = new RabbitConnection($"{name}-archiving", options, instance, Health, time, random, logger);
        Transport = new RabbitTransport(this);
        if (!options.Enabled)
        {
            Health.SwitchedOff();
        }
    }

    public string Name { get; }

    public RabbitOptions Options { get; }

    /// <summary>A larger body is no task.</summary>
    public int MaxBodyBytes { get; }

    /// <summary>Of a handler that has no timeout of its own, with its grace.</summary>
    public TimeSpan HandlerLimit { get; }

    public InstanceIdentity Instance { get; }

    public TimeProvider Time { get; }

    public RabbitTopologyNames Names { get; }

    public RabbitHealth Health { get; }

    public RabbitTopology Topology { get; }

    public RabbitQueueProbe Probe { get; }

    public RabbitConnection Consuming { get; }

    public RabbitConnection Archiving { get; }

    public RabbitPublisher Publisher { get; }

    public RabbitTaskPublisher TaskPublisher { get; }

    public RabbitTransport Transport { get; }

    /// <summary>The lanes of this instance, now; none where nothing is consumed.</summary>
    public Func<IReadOnlyList<LaneState>> Lanes { get; set; } = () => [];

    /// <summary>Told of what is published; null where the module does not count.</summary>
    public ITaskCounters? Counters { get; init; }

    public ValueTask DisposeAsync() => Publisher.DisposeAsync();
}
