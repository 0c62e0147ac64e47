using System.Text;
using Consumers.Core;
using Consumers.Core.InMemory;
using Consumers.Tests.Fixtures;
using Consumers.Tests.Kafka;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.DeadLetters;

/// <summary>From the dead-letter topic, and from the memory of a process without a broker, into the ledger.</summary>
public sealed class KafkaArchiveTests
{
    static KafkaArchiveTests() => System.Runtime.CompilerServices.RuntimeHelpers.RunModuleConstructor(typeof(Consumers.Ledger.LedgerOptions).Module.ModuleHandle);

    [Fact]
    public async Task Every_dead_letter_of_the_topic_is_archived_once_also_when_it_is_read_again()
    {
        await using var kafka = await KafkaFleet.CreateAsync();
        var first = await kafka.StartAsync("first");
        var tasks = Enumerable.Range(0, 20).Select(_ => TestFleet.Task("fail")).ToArray();
        foreach (var task in tasks)
        {
            await kafka.Broker.PublishAsync(task, key: "customer-1");
        }
        await kafka.Broker.PublishAsync("no task"u8.ToArray());
        await kafka.Broker.PublishAsync("no task"u8.ToArray());
        // Its id is the place of its record.
        await kafka.Broker.PublishAsync(Encoding.UTF8.GetBytes("""{"type":"nobody"}"""));

        var all = await ArchivedAsync(first, 23);

        all.Where(entry => entry.Type == "scripted").Select(entry => entry.TaskId!).ShouldBe(tasks.Select(task => task.Id), ignoreOrder: true);
        all.Where(entry => entry.Type == "scripted").ShouldAllBe(entry => entry.Key == "customer-1" && entry.Source == kafka.Broker.DeadLetterTopic && entry.Reason == "permanent");
        var placed = all.Single(entry => entry.Type == "nobody");
        placed.TaskId.ShouldBe(placed.Origin);
        all.Count(entry => entry.TaskId is null).ShouldBe(2);
        // Nothing is committed twice over, and another one that begins where the first has stopped, or before, finds all of it known.
        await kafka.StopAsync("first");
        var second = await kafka.StartAsync("second", waits: false);
        var later = TestFleet.Task("fail");
        await kafka.Broker.PublishAsync(later);
        (await ArchivedAsync(second, 24)).ShouldAllBe(entry => entry.Times == 1);
    }

    [Fact]
    public async Task A_kill_9_between_the_write_and_the_commit_makes_no_second_entry()
    {
        using var folder = new TempFolder();
        await using var broker = await KafkaBroker.StartAsync(partitions: 1);
        for (var i = 0; i < 20; i++)
        {
            await broker.PublishAsync(Encoding.UTF8.GetBytes($$"""{"id":"t{{i}}","type":"nobody"}"""));
            await broker.PublishAsync("no task"u8.ToArray());
        }
        await using (var victim = HostProcess.Launch("consumer-1", broker.Environmental().Append(new(CrashPoint.Variable, CrashPoints.Archived)), folder))
        {
            await Crash.CrashRun.DiesAsync(victim, CrashPoints.Archived);
        }
        var path = folder.File("ledger.db");
        (await NumberAsync(path, "SELECT COUNT(*) FROM DeadLetters")).ShouldBeGreaterThan(0, "it died after a write");

        await using var host = await HostProcess.StartAsync("consumer-1", broker.Environmental(), folder);

        await Eventually.TrueAsync(async () => await NumberAsync(path, "SELECT COUNT(*) FROM DeadLetters WHERE TaskId IS NOT NULL") == 20, () => $"all are archived. {host.Output}", TimeSpan.FromSeconds(60));
        // One more, behind all that came again: what was to be archived twice would be by now.
        await broker.PublishAsync(Encoding.UTF8.GetBytes("""{"id":"last","type":"nobody"}"""));
        await Eventually.TrueAsync(async () => await NumberAsync(path, "SELECT COUNT(*) FROM DeadLetters WHERE TaskId = 'last'") == 1, () => $"the last is archived. {host.Output}", TimeSpan.FromSeconds(60));
        (await NumberAsync(path, "SELECT MAX(Times) FROM DeadLetters")).ShouldBe(1);
        (await NumberAsync(path, "SELECT COUNT(*) - COUNT(DISTINCT Identity) FROM DeadLetters")).ShouldBe(0);
        (await host.TerminateAsync()).ShouldBe(0, host.Output);
    }

    [Fact]
    public async Task Without_a_broker_the_memory_is_emptied_into_the_ledger()
    {
        await using var fleet = await TestFleet.StartAsync(builder => builder.AddInMemory());
        var tasks = new List<TaskMessage>();
        for (var i = 0; i < 150; i++)
        {
            tasks.Add(await fleet.PublishAsync("fail"));
        }

        (await ArchivedAsync(fleet, 150)).Select(entry => entry.TaskId!).ShouldBe(tasks.Select(task => task.Id), ignoreOrder: true);
        await Eventually.TrueAsync(() => fleet.Services.GetRequiredService<InMemoryModule>().Transport.Broker.DeadLetters.Count == 0, "the memory has none");
    }

    private static async Task<IReadOnlyList<DeadLetterRow>> ArchivedAsync(TestFleet fleet, int count)
    {
        var archive = fleet.Services.GetRequiredService<IDeadLetterArchive>();
        IReadOnlyList<DeadLetterRow> all = [];
        await Eventually.TrueAsync(async () => (all = await archive.AllAsync()).Count >= count, () => $"{count} are archived; there are {all.Count}", TimeSpan.FromSeconds(90));
        all.Count.ShouldBe(count);
        return all;
    }

    private static async Task<long> NumberAsync(string path, string sql)
    {
        await using var ledger = new SqliteConnection($"Data Source={path};Pooling=False;Mode=ReadOnly");
        await ledger.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = ledger.CreateCommand();
        command.CommandText = sql;
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) ?? 0L);
    }
}
