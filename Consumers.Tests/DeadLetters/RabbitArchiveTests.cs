using System.Security.Cryptography;
using System.Text;
using Consumers.Core;
using Consumers.Fleet;
using Consumers.Rabbit;
using Consumers.Scaling;
using Consumers.Tests.Fixtures;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.DeadLetters;

/// <summary>From a real dead-letter queue into the ledger.</summary>
public sealed class RabbitArchiveTests
{
    static RabbitArchiveTests() => System.Runtime.CompilerServices.RuntimeHelpers.RunModuleConstructor(typeof(Consumers.Ledger.LedgerOptions).Module.ModuleHandle);

    [Fact]
    public async Task Every_dead_letter_is_archived_once_and_the_queue_is_empty()
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var fleet = await StartAsync(broker);
        var tasks = Enumerable.Range(0, 20).Select(i => TestFleet.Task(i % 2 == 0 ? "fail" : "throw-permanent")).ToArray();
        foreach (var task in tasks)
        {
            await broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id);
        }
        // Two that are the same to the last byte are two dead letters.
        await broker.PublishAsync("no task"u8.ToArray(), messageId: null);
        await broker.PublishAsync("no task"u8.ToArray(), messageId: null);

        var all = await ArchivedAsync(fleet, 22);

        all.Where(entry => entry.TaskId is not null).Select(entry => entry.TaskId!).ShouldBe(tasks.Select(task => task.Id), ignoreOrder: true);
        all.ShouldAllBe(entry => entry.Times == 1 && entry.State == DeadLetterState.Dead && entry.Module == "rabbit" && entry.Source == $"{broker.Prefix}-dead");
        all.Where(entry => entry.TaskId is not null).ShouldAllBe(entry => entry.Reason == "permanent" && entry.ConsumerId == "test-1" && entry.Origin == broker.WorkQueue && entry.Attempts == 1);
        all.Where(entry => entry.TaskId is null).ShouldAllBe(entry => entry.Reason == "malformed" && entry.BodyBytes == 7);
        var causes = await ArchiveOf(fleet).CausesAsync(new DeadLetterFilter(), 200, CancellationToken.None);
        causes.Select(cause => (cause.Type, cause.Reason, cause.Error, cause.Place, cause.Dead)).ShouldBe(
            [
                ("scripted", "permanent", "scripted failure", null, 10),
                ("scripted", "permanent", "NotSupportedException: scripted permanent exception", "ScriptedHandler.HandleAsync", 10),
                (null, "malformed", causes.Single(cause => cause.Type is null).Error, null, 2),
            ],
            ignoreOrder: true);
        await IsEmptyAsync(broker);
    }

    [Fact]
    public async Task While_the_ledger_is_locked_dead_letters_stay_in_the_broker_and_afterwards_none_is_missing()
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        var folder = new TempFolder();
        await using var fleet = await StartAsync(broker, folder: folder);
        var ledger = fleet.Services.GetServices<IDependency>().Single(dependency => dependency.State.Name.Contains("edger", StringComparison.Ordinal));
        await using (var other = new SqliteConnection($"Data Source={folder.File("ledger.db")};Pooling=False"))
        {
            await other.OpenAsync(TestContext.Current.CancellationToken);
            await ExecuteAsync(other, "PRAGMA busy_timeout=5000");
            await ExecuteAsync(other, "BEGIN IMMEDIATE");
            for (var i = 0; i < 80; i++)
            {
                await broker.PublishDeadAsync(Encoding.UTF8.GetBytes($"body {i}"));
            }
            await Eventually.TrueAsync(() => ledger.State.Health != DependencyHealth.Up, "it says that the ledger is away", TimeSpan.FromSeconds(60));
            (await broker.ReadyAsync($"{broker.Prefix}-dead")).ShouldBeGreaterThanOrEqualTo(80 - DeadLetterInbox.MaxPrefetch, "what is taken is bounded");
            await ExecuteAsync(other, "ROLLBACK");
        }

        (await ArchivedAsync(fleet, 80)).ShouldAllBe(entry => entry.Times == 1 && entry.Reason == "unknown");
        await IsEmptyAsync(broker);
    }

    [Fact]
    public async Task What_is_taken_and_not_written_is_back_in_the_queue_when_the_archivist_is_gone()
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        using var folder = new TempFolder();
        await using var other = new SqliteConnection($"Data Source={folder.File("ledger.db")};Pooling=False");
        await using (await StartAsync(broker, folder: folder))
        {
            await other.OpenAsync(TestContext.Current.CancellationToken);
            await ExecuteAsync(other, "PRAGMA busy_timeout=5000");
            await ExecuteAsync(other, "BEGIN IMMEDIATE");
            for (var i = 0; i < 20; i++)
            {
                await broker.PublishDeadAsync(Encoding.UTF8.GetBytes($"body {i}"));
            }
            await Eventually.TrueAsync(async () => await broker.ReadyAsync($"{broker.Prefix}-dead") < 20, "some are taken, and cannot be written", TimeSpan.FromSeconds(60));
        }

        await Eventually.TrueAsync(async () => await broker.ReadyAsync($"{broker.Prefix}-dead") == 20, "none was acknowledged", TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Two_archivists_on_one_queue_make_one_entry_of_each()
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        using var folder = new TempFolder();
        await using var first = await StartAsync(broker, folder: folder);
        await using var second = await StartAsync(broker, folder: folder, name: "test-2");

        for (var i = 0; i < 300; i++)
        {
            await broker.PublishDeadAsync(Encoding.UTF8.GetBytes($$"""{"id":"t{{i}}","type":"email"}"""));
        }

        (await ArchivedAsync(first, 300)).ShouldAllBe(entry => entry.Times == 1);
        await IsEmptyAsync(broker);
    }

    [Fact]
    public async Task A_dead_letter_queue_that_is_deleted_while_tasks_fail_loses_nothing()
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var fleet = await StartAsync(broker);
        // Its own queue would take them, and nothing would be unroutable.
        await broker.StopReadingDeadLettersAsync();
        var tasks = Enumerable.Range(0, 60).Select(_ => TestFleet.Task("fail")).ToArray();
        for (var round = 0; round < 3; round++)
        {
            // Empty, because what is in a queue goes with it, whoever deletes it.
            await IsEmptyAsync(broker);
            await broker.DeleteQueueAsync("dead");
            foreach (var task in tasks[(round * 20)..((round + 1) * 20)])
            {
                await broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id);
            }
            await ArchivedAsync(fleet, (round + 1) * 20);
        }

        var all = await ArchivedAsync(fleet, 60);
        all.Select(entry => entry.TaskId!).ShouldBe(tasks.Select(task => task.Id), ignoreOrder: true);
        all.ShouldAllBe(entry => entry.Times == 1);
        tasks.ShouldAllBe(task => fleet.Log.Of(task.Id).Count == 1);
        await GoesOnAsync(fleet);
    }

    [Fact]
    public async Task A_dead_letter_queue_that_is_full_holds_up_what_fails_and_loses_nothing()
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var fleet = await StartAsync(broker);
        await broker.BindFullQueueAsync("full", most: 10);
        var tasks = Enumerable.Range(0, 40).Select(_ => TestFleet.Task("fail")).ToArray();
        foreach (var task in tasks)
        {
            await broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id);
        }
        await Eventually.TrueAsync(async () => await broker.ReadyAsync($"{broker.Prefix}-full") >= 10, "it is full");
        await Eventually.TrueAsync(() => fleet.Transport.Lanes.Sum(lane => lane.Running) >= 3, "what could not be dead-lettered holds its place");
        (await broker.ReadyAsync(broker.WorkQueue)).ShouldBeGreaterThan(0, "and so no more is taken");

        await broker.DeleteQueueAsync("full");

        var all = await ArchivedAsync(fleet, 40);
        all.Select(entry => entry.TaskId!).ShouldBe(tasks.Select(task => task.Id), ignoreOrder: true);
        // A message that one queue refused was in ours each time it was tried.
        all.ShouldAllBe(entry => entry.Times == 1);
        tasks.ShouldAllBe(task => fleet.Log.Of(task.Id).Count == 1);
        await IsEmptyAsync(broker);
        await Eventually.TrueAsync(async () => await broker.ReadyAsync(broker.WorkQueue) == 0 && fleet.Transport.Lanes.Sum(lane => lane.Unacked) == 0, "all are acknowledged");
        await GoesOnAsync(fleet);
    }

    [Fact]
    public async Task Large_bodies_are_cut_at_the_cap_and_what_comes_behind_them_is_archived()
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var fleet = await StartAsync(broker, options => options.DeadLetters.MaxKeptBytes = 1024 * 1024);
        var bodies = Enumerable.Range(0, 6).Select(i => Noise(i, 3 * 1024 * 1024)).ToArray();
        foreach (var body in bodies)
        {
            await broker.PublishDeadAsync(body);
        }
        for (var i = 0; i < 20; i++)
        {
            await broker.PublishDeadAsync(Noise(100 + i, 100));
        }

        var all = await ArchivedAsync(fleet, 26);

        var large = all.Where(entry => entry.BodyBytes > 1000).ToArray();
        var details = await Task.WhenAll(large.Select(async entry => (await ArchiveOf(fleet).FindAsync(entry.Id, CancellationToken.None))!));
        details.Select(entry => entry.Sha256).ShouldBe(bodies.Select(body => Convert.ToHexStringLower(SHA256.HashData(body))), ignoreOrder: true);
        details.ShouldAllBe(entry => entry.Body.Length == 1024 * 1024 && entry.Row.BodyBytes == 3 * 1024 * 1024);
        await IsEmptyAsync(broker);
    }

    [Fact]
    public async Task A_kill_9_between_the_write_and_the_ack_makes_no_second_entry()
    {
        await using var fleet = await EndToEnd.Fleet.CreateAsync();
        var victim = await fleet.StartAsync("consumer-1", new KeyValuePair<string, string>(CrashPoint.Variable, $"{CrashPoints.Archived}#2"));
        var ids = Enumerable.Range(0, 30).Select(i => $"t{i}").ToArray();
        try
        {
            foreach (var id in ids)
            {
                await fleet.Broker.PublishAsync(Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","type":"nobody"}"""), messageId: null);
                await fleet.Broker.PublishAsync("no task"u8.ToArray(), messageId: null);
            }
        }
        finally
        {
            await Crash.CrashRun.DiesAsync(victim, CrashPoints.Archived);
        }
        var path = fleet.Folder.File("ledger.db");
        (await NumberAsync(path, "SELECT COUNT(*) FROM DeadLetters")).ShouldBeGreaterThan(0, "it died after a write");

        var host = await fleet.StartAsync("consumer-1");

        await Eventually.TrueAsync(async () => await NumberAsync(path, "SELECT COUNT(*) FROM DeadLetters WHERE TaskId IS NOT NULL") == 30, () => $"all are archived. {host.Output}", TimeSpan.FromSeconds(60));
        await Eventually.TrueAsync(async () => await fleet.Broker.ReadyAsync($"{fleet.Broker.Prefix}-dead") == 0 && await fleet.Broker.ReadyAsync(fleet.Broker.WorkQueue) == 0, "the queues are empty", TimeSpan.FromSeconds(60));
        (await host.TerminateAsync()).ShouldBe(0, host.Output);
        (await fleet.Broker.ReadyAsync($"{fleet.Broker.Prefix}-dead")).ShouldBe(0, "nothing comes back when the archivist is gone: all were acknowledged");
        (await NumberAsync(path, "SELECT MAX(Times) FROM DeadLetters")).ShouldBe(1);
        // A malformed message has no row that remembers it: one whose ack was lost with the process was dead-lettered twice, and is two dead letters.
        (await NumberAsync(path, "SELECT COUNT(*) FROM DeadLetters WHERE TaskId IS NULL")).ShouldBe(fleet.Broker.DeadLetters.Where(dead => dead.MessageId is null).Select(dead => dead.Headers[TaskHeaders.DeadId]).Distinct().Count());
    }

    [Fact]
    public async Task The_scaling_module_is_archived_too_though_it_writes_no_rows()
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var fleet = await TestFleet.StartAsync(consumers => consumers.AddFleet().AddScaling(broker.Configure));
        await broker.UntilDeclaredAsync();

        var task = await fleet.PublishAsync("throw-permanent");

        var entry = (await ArchivedAsync(fleet, 1)).ShouldHaveSingleItem();
        (entry.Module, entry.TaskId, entry.Source).ShouldBe(("scaling", task.Id, $"{broker.Prefix}-dead"));
        (await fleet.Queries.FindAsync(task.Id, CancellationToken.None)).ShouldBeNull("it has no row");
        await IsEmptyAsync(broker);
    }

    [Fact]
    public async Task Switched_off_dead_letters_stay_where_they_are()
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var fleet = await StartAsync(broker, options => options.DeadLetters.Archive = false);

        var task = await fleet.PublishAsync("fail");

        await fleet.ReachesAsync(task.Id, TaskState.Failed);
        await Eventually.TrueAsync(async () => await broker.ReadyAsync($"{broker.Prefix}-dead") == 1, "it is in the queue");
        (await ArchiveOf(fleet).AllAsync()).ShouldBeEmpty();
    }

    private static async Task<TestFleet> StartAsync(RabbitBroker broker, Action<ConsumersOptions>? configure = null, TempFolder? folder = null, string name = "test-1")
    {
        var fleet = await TestFleet.StartAsync(consumers => consumers.AddRabbit(broker.Configure), configure, folder, name);
        await broker.UntilDeclaredAsync();
        return fleet;
    }

    private static IDeadLetterArchive ArchiveOf(TestFleet fleet) => fleet.Services.GetRequiredService<IDeadLetterArchive>();

    private static async Task<IReadOnlyList<DeadLetterRow>> ArchivedAsync(TestFleet fleet, int count)
    {
        IReadOnlyList<DeadLetterRow> all = [];
        await Eventually.TrueAsync(async () => (all = await ArchiveOf(fleet).AllAsync()).Count >= count, () => $"{count} are archived; there are {all.Count}", TimeSpan.FromSeconds(60));
        all.Count.ShouldBe(count);
        return all;
    }

    private static Task IsEmptyAsync(RabbitBroker broker) =>
        Eventually.TrueAsync(async () => await broker.ReadyAsync($"{broker.Prefix}-dead") == 0, "the dead-letter queue is empty", TimeSpan.FromSeconds(60));

    private static async Task GoesOnAsync(TestFleet fleet)
    {
        var after = await fleet.PublishAsync("retry", "ok");
        await fleet.ReachesAsync(after.Id, TaskState.Completed);
    }

    private static byte[] Noise(int seed, int length)
    {
        var noise = new byte[length];
        new Random(seed).NextBytes(noise);
        return noise;
    }

    private static async Task<long> NumberAsync(string path, string sql)
    {
        await using var ledger = new SqliteConnection($"Data Source={path};Pooling=False;Mode=ReadOnly");
        await ledger.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = ledger.CreateCommand();
        command.CommandText = sql;
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) ?? 0L);
    }

    private static async Task ExecuteAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
