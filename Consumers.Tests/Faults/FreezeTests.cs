using System.Text.Json;
using Consumers.Core;
using Consumers.Tests.Fixtures;
using Microsoft.Data.Sqlite;

namespace Consumers.Tests.Faults;

// Here, because the project of that name goes before an alias at the top.
using Fleet = EndToEnd.Fleet;

/// <summary>An instance that stands still for longer than its lease, and then goes on as if nothing had been.</summary>
public sealed class FreezeTests
{
    private const int Tasks = 30;

    // How SQLite is found is set up when the ledger's assembly is first used, and nothing here uses it in this process.
    static FreezeTests() => System.Runtime.CompilerServices.RuntimeHelpers.RunModuleConstructor(typeof(Consumers.Ledger.LedgerOptions).Module.ModuleHandle);

    [Fact]
    public async Task Frozen_again_and_again_for_twice_its_lease_nothing_that_it_writes_late_counts()
    {
        LongTests.Require("five times 20 s");
        const int Rounds = 5;
        await using var fleet = await Fleet.CreateAsync();
        KeyValuePair<string, string>[] settings = [new("Consumers__Rabbit__Heartbeat", "00:00:02"), new("Consumers__Rabbit__MaxConcurrency", "3")];
        var victim = await fleet.StartAsync("victim", settings);
        var survivor = await fleet.StartAsync("survivor", settings);
        var published = new List<string>();
        var refused = 0;
        try
        {
            for (var round = 0; round < Rounds; round++)
            {
                var tasks = Enumerable.Range(0, Tasks).Select(_ => Fleet.Sleep(800)).ToArray();
                await Task.WhenAll(tasks.Select(task => fleet.Broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id)));
                published.AddRange(tasks.Select(task => task.Id));
                await Eventually.TrueAsync(async () => (await Fleet.StatsAsync(victim)).GetProperty("instance").GetProperty("running").GetInt64() >= 3, "the victim is at work");
                await FreezeAsync(victim, fleet);
                var since = TimeProvider.System.GetTimestamp();
                await Eventually.TrueAsync(() => TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromSeconds(20), "it is frozen for 20 s");
                await Fleet.QuiesceAsync(survivor, published.Count);
                victim.Thaw();
                refused += 3;
                await Eventually.TrueAsync(() => victim.Output.Split("was taken over by another owner").Length - 1 >= refused, "it wakes, and its three outcomes are refused");
            }
        }
        finally
        {
            victim.Thaw();
        }
        var begins = 0;
        foreach (var id in published)
        {
            var attempts = (await Fleet.FindAsync(survivor, id)).ShouldNotBeNull().GetProperty("attempts").EnumerateArray().ToArray();
            attempts.Count(attempt => attempt.GetProperty("outcome").GetString() == "success").ShouldBe(1, "finished once");
            attempts[^1].GetProperty("outcome").GetString().ShouldBe("success", "and by whoever began last");
            begins += attempts.Length;
        }
        fleet.Broker.DeadLetters.ShouldBeEmpty();
        TestContext.Current.TestOutputHelper?.WriteLine($"{Rounds} freezes of 20 s, {published.Count} tasks, {begins - published.Count} begun again, {refused} late outcomes refused, 0 accepted");
    }

    [Fact]
    public async Task A_frozen_instance_loses_its_tasks_and_what_it_writes_when_it_wakes_changes_nothing()
    {
        await using var fleet = await Fleet.CreateAsync();
        var heartbeat = new KeyValuePair<string, string>("Consumers__Rabbit__Heartbeat", "00:00:02");
        var victim = await fleet.StartAsync("victim", heartbeat);
        var tasks = Enumerable.Range(0, Tasks).Select(_ => Fleet.Sleep(1500)).ToArray();
        await Task.WhenAll(tasks.Select(task => fleet.Broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id)));
        await Eventually.TrueAsync(async () => (await Fleet.StatsAsync(victim)).GetProperty("instance").GetProperty("running").GetInt64() >= 3, "the victim is at work");

        await FreezeAsync(victim, fleet);
        JsonElement[] found;
        try
        {
            var survivor = await fleet.StartAsync("survivor", heartbeat);
            await Fleet.QuiesceAsync(survivor, Tasks);
            victim.Thaw();
            await Eventually.TrueAsync(() => victim.Output.Contains("was taken over by another owner", StringComparison.Ordinal), "the victim wakes and finds its outcomes refused");
            found = await Task.WhenAll(tasks.Select(async task => (await Fleet.FindAsync(survivor, task.Id)).ShouldNotBeNull()));
        }
        finally
        {
            victim.Thaw();
        }
        var takenOver = 0;
        foreach (var task in found)
        {
            task.GetProperty("status").GetString().ShouldBe("COMPLETED");
            var attempts = task.GetProperty("attempts").EnumerateArray().ToArray();
            attempts.Count(attempt => attempt.GetProperty("outcome").GetString() == "success").ShouldBe(1, "finished once");
            attempts[^1].GetProperty("outcome").GetString().ShouldBe("success", "and by whoever began last");
            if (attempts.Length > 1)
            {
                takenOver++;
                attempts[0].GetProperty("workerId").GetString().ShouldBe("victim");
                attempts[0].GetProperty("outcome").GetString().ShouldBe("process died");
                attempts[^1].GetProperty("workerId").GetString().ShouldBe("survivor");
            }
        }
        takenOver.ShouldBeGreaterThanOrEqualTo(3, "what ran when it froze was taken over");
        fleet.Broker.DeadLetters.ShouldBeEmpty();
    }

    /// <summary>Frozen in the middle of a commit it would lock the ledger for everybody, which is another fault: then it is let go on, and frozen a moment later.</summary>
    private static async Task FreezeAsync(HostProcess victim, Fleet fleet)
    {
        await using var ledger = new SqliteConnection($"Data Source={fleet.Folder.File("ledger.db")};Pooling=False;Default Timeout=1");
        await ledger.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = ledger.CreateCommand();
        command.CommandText = "PRAGMA busy_timeout=500; BEGIN IMMEDIATE; ROLLBACK";
        await Eventually.TrueAsync(
            async () =>
            {
                victim.Freeze();
                try
                {
                    await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
                    return true;
                }
                catch (SqliteException)
                {
                    victim.Thaw();
                    return false;
                }
            },
            "it is frozen outside a commit");
    }
}
