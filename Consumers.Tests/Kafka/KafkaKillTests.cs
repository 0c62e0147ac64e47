using Consumers.Core;
using Consumers.Tests.Fixtures;
using EndToEndFleet = Consumers.Tests.EndToEnd.Fleet;

namespace Consumers.Tests.Kafka;

/// <summary>Processes that die with records in hand: what is committed, who goes on, and which task is to blame.</summary>
public sealed class KafkaKillTests
{
    private const string Kafka = "kafka";

    /// <summary>As a process that SIGKILL ended is reported: 128 + 9.</summary>
    private const int Killed = 137;

    [Fact]
    public async Task After_kill_9_no_offset_past_an_unfinished_task_is_committed_and_the_next_process_finishes_it()
    {
        using var folder = new TempFolder();
        await using var broker = await KafkaBroker.StartAsync(partitions: 1);
        await using var first = await HostProcess.StartAsync("consumer-1", broker.Environmental(), folder);
        var before = Sleep(0);
        await broker.PublishAsync(before);
        var unfinished = Sleep(6000);
        var at = await broker.PublishAsync(unfinished);
        var after = Enumerable.Range(0, 20).Select(_ => Sleep(0)).ToArray();
        foreach (var task in after)
        {
            await broker.PublishAsync(task);
        }
        await Eventually.TrueAsync(async () => EndToEndFleet.Of(await EndToEndFleet.StatsAsync(first, Kafka), "completed") == 21, "all but one are done");
        await Eventually.TrueAsync(async () => (await broker.CommittedAsync()).GetValueOrDefault(0) == at.Offset.Value, "what is below the unfinished one is committed");

        first.Kill9();

        (await broker.CommittedAsync())[0].ShouldBe(at.Offset.Value);
        await using var second = await HostProcess.StartAsync("consumer-1", broker.Environmental(), folder);
        await EndToEndFleet.QuiesceAsync(second, 22, module: Kafka);
        await Eventually.TrueAsync(async () => await broker.LagAsync() == 0, "all is committed");
        EndToEndFleet.Of((await EndToEndFleet.StatsAsync(second, Kafka)).GetProperty("instance"), "duplicates").ShouldBe(20, "what was settled behind it is recognized");
        (await AttemptsAsync(second, unfinished.Id)).ShouldBe(["process died", "success"]);
        foreach (var task in after)
        {
            (await AttemptsAsync(second, task.Id)).ShouldBe(["success"]);
        }
        (await second.TerminateAsync()).ShouldBe(0, second.Output);
    }

    [Fact]
    public async Task A_task_that_kills_its_process_is_dead_lettered_as_crashed_and_those_beside_it_are_not_blamed()
    {
        using var folder = new TempFolder();
        await using var broker = await KafkaBroker.StartAsync(partitions: 1);
        var environment = broker.Environmental().Append(new("Consumers__Flaky__AllowCrashes", "true")).ToArray();
        var innocent = Sleep(3000);
        var guilty = TaskMessage.Create("flaky", """{"mode":"exit"}"""u8.ToArray(), 5, TimeProvider.System.GetUtcNow());
        await broker.PublishAsync(innocent);
        await broker.PublishAsync(guilty);

        var deaths = 0;
        HostProcess host;
        while (true)
        {
            host = HostProcess.Launch("consumer-1", environment, folder);
            await Eventually.TrueAsync(async () => host.HasExited || (await broker.DeadLettersAsync()).Count > 0, "it dies, or the task is a dead letter", TimeSpan.FromSeconds(60));
            if (!host.HasExited)
            {
                break;
            }
            await host.DisposeAsync();
            (++deaths).ShouldBeLessThan(6);
        }

        var dead = (await broker.DeadLettersAsync()).ShouldHaveSingleItem();
        (dead.MessageId, dead.Headers["x-dead-reason"]).ShouldBe((guilty.Id, "crashed"));
        deaths.ShouldBe(3);
        await Eventually.TrueAsync(async () => await broker.LagAsync() == 0, "all is committed");
        (await AttemptsAsync(host, innocent.Id))[^1].ShouldBe("success");
        await host.DisposeAsync();
    }

    [Fact]
    public async Task Killed_between_the_outcome_and_the_commit_it_runs_nothing_again()
    {
        using var folder = new TempFolder();
        await using var broker = await KafkaBroker.StartAsync(partitions: 1);
        await using var victim = await HostProcess.StartAsync("consumer-1", Crashing(broker, CrashPoints.Processed), folder);
        var task = Sleep(0);
        await broker.PublishAsync(task);
        (await victim.ExitAsync()).ShouldBe(Killed, $"the fault did not land\n{victim.Output}");
        (await broker.CommittedAsync()).GetValueOrDefault(0).ShouldBe(0);

        await using var next = await HostProcess.StartAsync("consumer-1", broker.Environmental(), folder);

        await Eventually.TrueAsync(async () => await broker.LagAsync() == 0, "it is committed");
        EndToEndFleet.Of((await EndToEndFleet.StatsAsync(next, Kafka)).GetProperty("instance"), "duplicates").ShouldBe(1);
        (await AttemptsAsync(next, task.Id)).ShouldBe(["success"]);
    }

    [Fact]
    public async Task Killed_while_a_partition_is_taken_away_the_others_finish_and_nothing_unfinished_is_committed()
    {
        using var folder = new TempFolder();
        await using var broker = await KafkaBroker.StartAsync(partitions: 2);
        await using var victim = await HostProcess.StartAsync("consumer-1", Crashing(broker, CrashPoints.Revoking), folder);
        var unfinished = Enumerable.Range(0, 2).Select(_ => Sleep(8000)).ToArray();
        long[] at = [(await broker.PublishAsync(unfinished[0], partition: 0)).Offset.Value, (await broker.PublishAsync(unfinished[1], partition: 1)).Offset.Value];
        await Eventually.TrueAsync(async () => EndToEndFleet.Of((await EndToEndFleet.StatsAsync(victim, Kafka)).GetProperty("instance"), "running") == 2, "both run");

        await using var joins = await HostProcess.StartAsync("consumer-2", broker.Environmental(), folder);
        (await victim.ExitAsync()).ShouldBe(Killed, $"the fault did not land\n{victim.Output}");

        foreach (var (partition, offset) in await broker.CommittedAsync())
        {
            offset.ShouldBeLessThanOrEqualTo(at[partition] + 1);
        }
        await EndToEndFleet.QuiesceAsync(joins, 2, module: Kafka);
        foreach (var task in unfinished)
        {
            (await AttemptsAsync(joins, task.Id)).Count(outcome => outcome == "success").ShouldBe(1);
        }
        await Eventually.TrueAsync(async () => await broker.LagAsync() == 0, "all is committed");
    }

    private static IEnumerable<KeyValuePair<string, string>> Crashing(KafkaBroker broker, string point) => broker.Environmental().Append(new(CrashPoint.Variable, point));

    private static TaskMessage Sleep(int milliseconds) => EndToEndFleet.Sleep(milliseconds);

    /// <summary>The outcomes of its attempts, in order.</summary>
    private static async Task<string?[]> AttemptsAsync(HostProcess host, string id) =>
        [.. (await EndToEndFleet.FindAsync(host, id, Kafka)).ShouldNotBeNull().GetProperty("attempts").EnumerateArray().Select(attempt => attempt.GetProperty("outcome").GetString())];
}
