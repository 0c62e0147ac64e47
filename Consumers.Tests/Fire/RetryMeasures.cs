using System.Runtime.CompilerServices;
using System.Text;
using Consumers.Core;
using Consumers.Tests.Fixtures;
using Microsoft.Data.Sqlite;

namespace Consumers.Tests.Fire;

using Fleet = Consumers.Tests.EndToEnd.Fleet;

/// <summary>Many retries at once, measured by the ledger of the process that ran them: when each was due, and when it began. Times are reported and not asserted, but that none is early.</summary>
[Collection(FireCollection.Name)]
public sealed class RetryMeasures
{
    private const int Tiers = 5;

    // How SQLite is found is set up when the ledger's assembly is first used, and nothing here uses it in this process.
    static RetryMeasures() => RuntimeHelpers.RunModuleConstructor(typeof(Consumers.Ledger.LedgerOptions).Module.ModuleHandle);

    [Fact]
    public async Task Retries_over_five_tiers_are_all_run_and_none_before_it_is_due()
    {
        var (tasks, perSecond) = LongTests.AreOn ? (4000, 60) : (150, 50);
        await using var fleet = await Fleet.CreateAsync();
        // Of seconds, as by default, or of tenths where it must not take long.
        KeyValuePair<string, string>[] schedule = LongTests.AreOn
            ? [new("Consumers__Retry__Base", "00:00:01"), new("Consumers__Retry__Cap", "00:00:16")]
            : [new("Consumers__Retry__Base", "00:00:00.100"), new("Consumers__Retry__Cap", "00:00:01.600")];
        var host = await fleet.StartAsync("consumer-1", schedule);
        using (var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond), TimeProvider.System))
        {
            for (var i = 0; i < tasks; i++)
            {
                await PublishAsync(fleet, Make("flaky", $$"""{"failTimes":{{Tiers}}}""", Tiers));
                await timer.WaitForNextTickAsync();
            }
        }

        Fleet.Of(await Fleet.QuiesceAsync(host, tasks, TimeSpan.FromMinutes(5)), "completed").ShouldBe(tasks);

        var late = Lateness(fleet, """SELECT n."StartedAt" - a."DueAt" FROM "Attempts" AS a JOIN "Attempts" AS n ON n."TaskRow" = a."TaskRow" AND n."Attempt" = a."Attempt" + 1 WHERE a."DueAt" IS NOT NULL""");
        late.Count.ShouldBe(tasks * Tiers, "every retry is there, and each once");
        late[0].ShouldBeGreaterThanOrEqualTo(0, "none is early");
        Say($"{late.Count} retries over {Tiers} tiers, {perSecond} tasks a second", late);
    }

    [Fact]
    public async Task Retries_that_fall_due_at_one_moment_all_run_after_it()
    {
        var tasks = LongTests.AreOn ? 5000 : 300;
        await using var fleet = await Fleet.CreateAsync();
        var host = await fleet.StartAsync("consumer-1");
        await fleet.Broker.UntilDeclaredAsync();
        var due = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(LongTests.AreOn ? 30 : 4);
        var headers = new Dictionary<string, string> { [TaskHeaders.DueAt] = TaskHeaders.Format(due), [TaskHeaders.Attempt] = "2" };
        foreach (var chunk in Enumerable.Range(0, tasks).Chunk(100))
        {
            await Task.WhenAll(chunk.Select(_ =>
            {
                var task = Make("flaky", """{"failTimes":1}""", Tiers) with { RetryCount = 1 };
                return fleet.Broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id, headers);
            }));
        }
        TimeProvider.System.GetUtcNow().ShouldBeLessThan(due, "all of them wait before the moment, or they are not due at one");

        Fleet.Of(await Fleet.QuiesceAsync(host, tasks, TimeSpan.FromMinutes(5)), "completed").ShouldBe(tasks);

        var late = Lateness(fleet, $"""SELECT "StartedAt" - {due.ToUnixTimeMilliseconds()} FROM "Attempts" """);
        late.Count.ShouldBe(tasks, "each has run once, with the retry that it is");
        late[0].ShouldBeGreaterThanOrEqualTo(0, "none is early");
        Say($"{tasks} retries due at one moment", late);
    }

    [Fact]
    public async Task What_always_fails_is_tried_as_often_as_it_may_be_and_no_more_whoever_is_killed()
    {
        var (tasks, kills, maxRetries) = (LongTests.AreOn ? 2000 : 200, LongTests.AreOn ? 3 : 1, 3);
        await using var fleet = await Fleet.CreateAsync();
        var hosts = new List<HostProcess>();
        for (var i = 1; i <= 3; i++)
        {
            hosts.Add(await fleet.StartAsync($"consumer-{i}"));
        }
        var publishing = Task.WhenAll(Enumerable.Range(0, tasks).Select(_ => PublishAsync(fleet, Make("flaky", """{"mode":"retryable","afterMs":40}""", maxRetries))));
        var running = 0L;
        for (var kill = 1; kill <= kills; kill++)
        {
            var victim = hosts[kill % 3];
            long now = 0;
            await Eventually.TrueAsync(async () => (now = Fleet.Of((await Fleet.StatsAsync(victim)).GetProperty("instance"), "running")) >= 3, "the victim is at work");
            victim.Kill9();
            running += now;
            hosts[kill % 3] = await fleet.StartAsync($"consumer-{(kill % 3) + 1}");
        }
        await publishing;

        Fleet.Of(await Fleet.QuiesceAsync(hosts[0], tasks, TimeSpan.FromMinutes(5)), "failed").ShouldBe(tasks);

        var settled = Lateness(fleet, """SELECT COUNT(CASE WHEN "Outcome" = 'retryable' THEN 1 END) FROM "Attempts" GROUP BY "TaskRow" """);
        settled.Count.ShouldBe(tasks);
        settled[0].ShouldBe(maxRetries + 1, "each had all its attempts: a kill costs none");
        settled[^1].ShouldBe(maxRetries + 1, "and none had more");
        var died = Lateness(fleet, """SELECT COUNT(*) FROM "Attempts" WHERE "Outcome" <> 'retryable'""")[0];
        died.ShouldBeGreaterThan(0, "a kill that interrupted nothing proves nothing");
        // A kill between a dead letter's confirm and its ack makes two of it, which the archive takes for one.
        await Eventually.TrueAsync(() => fleet.Broker.DeadLetters.DistinctBy(dead => dead.MessageId).Count() == tasks, "each is dead-lettered");
        Output($"{tasks} tasks that always fail, 3 instances, {kills} kills with {running} running: {maxRetries + 1} settled attempts each, {died} interrupted ones beside them");
    }

    [Fact]
    public async Task Memory_does_not_grow_with_the_tasks_that_were_done()
    {
        LongTests.Require("120,000 tasks");
        const int Round = 10_000;
        await using var fleet = await Fleet.CreateAsync();
        var host = await fleet.StartAsync("consumer-1");
        var resident = new List<long>();
        for (var done = Round; done <= 12 * Round; done += Round)
        {
            foreach (var chunk in Enumerable.Range(0, Round).Chunk(500))
            {
                await Task.WhenAll(chunk.Select(i => PublishAsync(fleet, i % 20 == 0 ? Make("flaky", """{"failTimes":1}""", 3) : Fleet.Sleep(0))));
            }
            await Fleet.QuiesceAsync(host, done, TimeSpan.FromMinutes(5));
            resident.Add(Hostile.PeakMemory.OwnMiBOf(host.Pid));
        }

        Output($"resident of its own after each 10,000 tasks: {string.Join(", ", resident)} MiB; with mapped files at most {Hostile.PeakMemory.MiBOf(host.Pid)} MiB");
        // Until then the ledger's writer fills its page cache, 16 MiB. 1 KiB kept of each task would be 59 MiB from there on.
        (resident[^1] - resident[5]).ShouldBeLessThan(20, "what a task needed is given back");
    }

    private static List<long> Lateness(Fleet fleet, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={fleet.Folder.File("ledger.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // A constant of this class, and a number.
        command.CommandText = sql;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        var values = new List<long>();
        while (reader.Read())
        {
            values.Add(reader.GetInt64(0));
        }
        values.Sort();
        return values;
    }

    private static void Say(string what, List<long> late) => Output($"{what}: early 0; late p50 {late[late.Count / 2]} ms, p99 {late[late.Count * 99 / 100]} ms, at most {late[^1]} ms");

    private static void Output(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    private static TaskMessage Make(string type, string payload, int maxRetries) => TaskMessage.Create(type, Encoding.UTF8.GetBytes(payload), maxRetries, TimeProvider.System.GetUtcNow());

    private static Task PublishAsync(Fleet fleet, TaskMessage task) => fleet.Broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id);
}
