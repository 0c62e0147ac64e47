using System.Collections.Concurrent;
using Consumers.Core;
using Microsoft.Extensions.Logging;

namespace Consumers.Kafka;

/// <summary>The parts of the module, put together.</summary>
internal sealed class KafkaModule : IDisposable
{
    public const string Name = "kafka";

    private readonly ConcurrentDictionary<ConsumerLoop, bool> _loops = new();

    public KafkaModule(KafkaOptions options, ConsumersOptions shared, RetrySchedule schedule, InstanceIdentity instance, TimeProvider time, Random random, ILoggerFactory loggers)
    {
        (Options, Instance, Time, Steady) = (options, instance, time, new SteadyTime(time));
        Names = new KafkaTopicNames(options, schedule);
        Health = new KafkaHealth(time);
        Cluster = new KafkaCluster(options, loggers.CreateLogger<KafkaCluster>());
        Topology = new KafkaTopology(options, Cluster, Names, Health, instance.Name, shared.MaxBodyBytes, time, loggers.CreateLogger<KafkaTopology>());
        Producer = new KafkaProducer(options, Cluster, instance.Name, time, loggers.CreateLogger<KafkaProducer>());
        TaskPublisher = new KafkaTaskPublisher(Producer, Topology, Names, schedule, options, shared.MaxBodyBytes, new TraceParent(random));
        Rebalances = new RebalanceLog(time);
        Groups = new GroupReader(this);
        Watch = new GroupWatch(this, loggers.CreateLogger<GroupWatch>());
        Transport = new KafkaTransport(this);
        Health.At(Cluster.IsEmbedded ? "the embedded cluster" : options.BootstrapServers);
        if (!options.Enabled)
        {
            Health.SwitchedOff();
        }
    }

    public KafkaOptions Options { get; }

    public InstanceIdentity Instance { get; }

    public TimeProvider Time { get; }

    /// <summary>For how long a retry is held.</summary>
    public SteadyTime Steady { get; }

    public KafkaTopicNames Names { get; }

    public KafkaHealth Health { get; }

    public KafkaCluster Cluster { get; }

    public KafkaTopology Topology { get; }

    public KafkaProducer Producer { get; }

    public KafkaTaskPublisher TaskPublisher { get; }

    public RebalanceLog Rebalances { get; }

    public HeldBytes Held { get; } = new();

    public ProcessHistory History { get; init; } = ProcessHistory.Off;

    public GroupReader Groups { get; }

    public GroupWatch Watch { get; }

    public KafkaTransport Transport { get; }

    /// <summary>What this process has now; nothing where nothing is consumed.</summary>
    public IEnumerable<AssignedPartition> Partitions => _loops.SelectMany(loop => loop.Key.Partitions);

    /// <summary>Begin nothing for now.</summary>
    public Func<bool> IsPaused { get; set; } = () => false;

    /// <summary>Tasks that run now.</summary>
    public Func<int> Running { get; set; } = () => 0;

    /// <summary>The consumer is one of this process until the end of what is returned.</summary>
    public IDisposable List(ConsumerLoop loop)
    {
        _loops[loop] = true;
        return new Unlist(_loops, loop);
    }

    public void Dispose()
    {
        Groups.Dispose();
        Producer.Dispose();
        Topology.Dispose();
        Cluster.Dispose();
    }

    private sealed class Unlist(ConcurrentDictionary<ConsumerLoop, bool> loops, ConsumerLoop loop) : IDisposable
    {
        public void Dispose() => loops.TryRemove(loop, out _);
    }
}
