using System.Text;
using Consumers.Core;
using Consumers.Kafka;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Kafka;

/// <summary>Instances in this process on one cluster, with one ledger and one recording.</summary>
public sealed class KafkaFleet : IAsyncDisposable
{
    private readonly Dictionary<string, TestFleet> _instances = [];

    private KafkaFleet(KafkaBroker broker) => Broker = broker;

    public KafkaBroker Broker { get; }

    public Recording Recording { get; } = new();

    public TempFolder Folder { get; } = new();

    public static async Task<KafkaFleet> CreateAsync(int partitions = 2, RetryOptions? tiers = null) => new(await KafkaBroker.StartAsync(partitions, tiers));

    public async Task<TestFleet> StartAsync(string name = "test-1", Action<KafkaOptions>? kafka = null, Action<ConsumersOptions>? shared = null, bool waits = true)
    {
        var instance = await TestFleet.StartAsync(
            consumers =>
            {
                consumers.AddKafka(options =>
                {
                    Broker.Configure(options);
                    kafka?.Invoke(options);
                });
                consumers.Services.AddSingleton(Recording);
                consumers.AddHandler<RecordingHandler>();
            },
            shared, Folder, name);
        _instances[name] = instance;
        if (waits)
        {
            await Eventually.TrueAsync(() => PartitionsOf(instance).Any(partition => partition.Tier is null), $"{name} has work", TimeSpan.FromSeconds(60));
        }
        return instance;
    }

    /// <summary>SIGTERM for one.</summary>
    public async Task StopAsync(string name)
    {
        _instances.Remove(name, out var instance);
        await instance!.StopAsync();
    }

    internal static IReadOnlyList<AssignedPartition> PartitionsOf(TestFleet instance) => instance.Services.GetRequiredService<KafkaModule>().Partitions.ToArray();

    internal static long HeldBy(TestFleet instance) => instance.Services.GetRequiredService<KafkaModule>().Held.Total;

    internal static IReadOnlyList<RebalanceEntry> RebalancesOf(TestFleet instance) => instance.Services.GetRequiredService<KafkaModule>().Rebalances.Entries;

    public static TaskMessage Recorded(int number, int delayMs = 0, bool failsFirst = false) => TaskMessage.Create(
        RecordingHandler.Type,
        Encoding.UTF8.GetBytes($$"""{"number":{{number}},"delayMs":{{delayMs}},"failsFirst":{{(failsFirst ? "true" : "false")}}}"""),
        3,
        TimeProvider.System.GetUtcNow());

    /// <summary>Waits until the ledger has so many completed tasks, and nothing else.</summary>
    public async Task CompletedAsync(TestFleet by, int count, TimeSpan? within = null)
    {
        IReadOnlyDictionary<TaskState, long> counts = new Dictionary<TaskState, long>();
        await Eventually.TrueAsync(
            async () => (counts = await by.Queries.CountAsync(KafkaModule.Name, CancellationToken.None)).GetValueOrDefault(TaskState.Completed) == count && counts.Values.Sum() == count,
            () => $"{count} tasks are completed; there are {string.Join(", ", counts)}",
            within ?? TimeSpan.FromSeconds(60));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in _instances.Values)
        {
            await instance.DisposeAsync();
        }
        await Broker.DisposeAsync();
        Folder.Dispose();
    }
}
