using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Faults;

/// <summary>A ledger that cannot be written while tasks run: they wait, and nothing is acknowledged.</summary>
public sealed class LedgerFaultTests
{
    // The ledger's assembly brings SQLite along; these tests open its file by themselves.
    static LedgerFaultTests() => System.Runtime.CompilerServices.RuntimeHelpers.RunModuleConstructor(typeof(Consumers.Ledger.LedgerOptions).Module.ModuleHandle);

    [Fact]
    public async Task While_another_process_holds_the_ledger_nothing_is_acknowledged_and_afterwards_nothing_is_missing()
    {
        var locked = LongTests.AreOn ? TimeSpan.FromSeconds(30) : TimeSpan.FromSeconds(7);
        await using var broker = await RabbitBroker.ConnectAsync();
        var folder = new TempFolder();
        await using var fleet = await TestFleet.StartAsync(consumers => consumers.AddRabbit(broker.Configure), folder: folder);
        await broker.UntilDeclaredAsync();
        var tasks = Enumerable.Range(0, 100).Select(_ => TestFleet.Task("retry", "ok")).ToArray();
        var ledger = fleet.Services.GetServices<IDependency>().Single(dependency => dependency.State.Name.Contains("edger", StringComparison.Ordinal));
        await using (var other = new SqliteConnection($"Data Source={folder.File("ledger.db")};Pooling=False"))
        {
            await other.OpenAsync(TestContext.Current.CancellationToken);
            await ExecuteAsync(other, "PRAGMA busy_timeout=5000");
            await ExecuteAsync(other, "BEGIN IMMEDIATE");
            await Task.WhenAll(tasks.Select(task => broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id)));
            var completed = fleet.Stats.Completed;
            var since = TimeProvider.System.GetTimestamp();
            await Eventually.TrueAsync(() => ledger.State.Health != DependencyHealth.Up, "it says that the ledger is away");
            await Eventually.TrueAsync(() => TimeProvider.System.GetElapsedTime(since) >= locked, "the lock is held long", locked + TimeSpan.FromSeconds(10));

            fleet.Stats.Completed.ShouldBe(completed, "no outcome without the ledger");
            fleet.Log.Effects.Count.ShouldBe(0, "and no attempt that the ledger does not know of");
            await ExecuteAsync(other, "ROLLBACK");
            since = TimeProvider.System.GetTimestamp();
            await Eventually.TrueAsync(() => fleet.Stats.Completed > completed, "a task completes");
            TestContext.Current.TestOutputHelper?.WriteLine($"locked for {locked.TotalSeconds:0} s; the first task completed {TimeProvider.System.GetElapsedTime(since).TotalSeconds:0.00} s after its end");
        }

        foreach (var task in tasks)
        {
            await fleet.ReachesAsync(task.Id, TaskState.Completed);
            fleet.Log.Of(task.Id).Select(effect => effect.Attempt).ShouldBe([1, 2]);
        }
        await Eventually.TrueAsync(() => ledger.State.Health == DependencyHealth.Up, "it says that the ledger is back");
        broker.DeadLetters.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_ledger_of_a_newer_version_stops_the_start_with_its_exit_code()
    {
        using var folder = new TempFolder();
        await using (var host = await HostProcess.StartAsync("consumer-1", [new("RABBITMQ_URL", "embedded")], folder))
        {
            (await host.TerminateAsync()).ShouldBe(0);
        }
        await using (var ledger = new SqliteConnection($"Data Source={folder.File("ledger.db")};Pooling=False"))
        {
            await ledger.OpenAsync(TestContext.Current.CancellationToken);
            await ExecuteAsync(ledger, """INSERT INTO "__EFMigrationsHistory" VALUES ('29990101000000_OfTheFuture', '99.0')""");
        }

        var (exit, _, error) = await HostProcess.RunAsync(["run", "--urls", $"http://127.0.0.1:{FreePort.Take()}"], [new("RABBITMQ_URL", "embedded")], folder);

        exit.ShouldBe(2, error);
        error.ShouldContain("29990101000000_OfTheFuture");
        error.ShouldContain("newer version");
    }

    private static async Task ExecuteAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
