using System.Text;
using Consumers.Core;
using Consumers.Tests.Fire;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Hostile;

using Fleet = Consumers.Tests.EndToEnd.Fleet;

/// <summary>Handlers that hold on to what is not theirs: slots, threads.</summary>
public sealed class MisbehavingHandlerTests
{
    private static readonly KeyValuePair<string, string> Allowed = new("Consumers__Flaky__AllowCrashes", "true");

    [Fact]
    public async Task A_crash_is_refused_where_nobody_has_allowed_it()
    {
        await using var fleet = await Fleet.CreateAsync();
        var host = await fleet.StartAsync("consumer-1");
        string[] modes = ["block", "ignore-cancellation", "exit", "fail-fast", "stack-overflow", "exhaust-memory"];

        await PublishAsync(fleet, modes.Select(mode => Flaky(mode)));

        await Fleet.QuiesceAsync(host, modes.Length);
        // FAILED is durable before its dead letter is published.
        await Eventually.TrueAsync(() => fleet.Broker.DeadLetters.Count == modes.Length, "each is dead-lettered");
        fleet.Broker.DeadLetters.ShouldAllBe(dead => dead.Headers[TaskHeaders.DeadReason] == "permanent" && dead.Headers[TaskHeaders.LastError].Contains("Consumers:Flaky:AllowCrashes"));
    }

    [Fact]
    public async Task Handlers_that_ignore_their_cancellation_lose_their_slots_and_the_others_go_on()
    {
        await using var fleet = await Fleet.CreateAsync();
        var host = await fleet.StartAsync(
            "consumer-1", Allowed, new("Consumers__Handlers__Types__flaky__Timeout", "00:00:01"), new("Consumers__Handlers__CancellationGrace", "00:00:00.500"),
            new("Consumers__Handlers__MaxAbandoned", "0"));
        var stubborn = Enumerable.Range(0, 10).Select(_ => Flaky("ignore-cancellation", maxRetries: 1)).ToArray();
        var good = Enumerable.Range(0, 100).Select(_ => Fleet.Sleep(5)).ToArray();

        // As many as there are slots: were one of them held for ever, nothing else would run.
        await PublishAsync(fleet, stubborn.Concat(good));

        var stats = await Fleet.QuiesceAsync(host, 110);
        Fleet.Of(stats, "completed").ShouldBe(100);
        foreach (var task in stubborn)
        {
            var found = (await Fleet.FindAsync(host, task.Id)).ShouldNotBeNull();
            found.GetProperty("status").GetString().ShouldBe("FAILED");
            found.GetProperty("errorMessage").GetString().ShouldNotBeNull().ShouldContain("ignores its cancellation");
            found.GetProperty("attempts").GetArrayLength().ShouldBe(2);
        }
    }

    [Fact]
    public async Task A_host_full_of_handlers_that_never_return_finishes_what_runs_and_exits_to_be_started_anew()
    {
        await using var fleet = await Fleet.CreateAsync();
        KeyValuePair<string, string>[] settings =
        [
            Allowed, new("Consumers__Handlers__Types__flaky__Timeout", "00:00:01"), new("Consumers__Handlers__CancellationGrace", "00:00:00.500"), new("Consumers__Handlers__MaxAbandoned", "3"),
        ];
        var host = await fleet.StartAsync("consumer-1", settings);
        var stubborn = Enumerable.Range(0, 3).Select(_ => Flaky("ignore-cancellation", maxRetries: 0)).ToArray();
        var good = Enumerable.Range(0, 5).Select(_ => Fleet.Sleep(3000)).ToArray();

        // Two of them are endured.
        await PublishAsync(fleet, stubborn[..2]);
        await Eventually.TrueAsync(async () => Fleet.Of((await Fleet.StatsAsync(host)).GetProperty("instance"), "abandoned") == 2, "two are abandoned");
        host.HasExited.ShouldBeFalse();
        await PublishAsync(fleet, good.Concat(stubborn[2..]));

        (await host.ExitAsync()).ShouldBe(1);
        host.Output.ShouldContain("3 handlers were cancelled, did not return, and still run (Consumers:Handlers:MaxAbandoned), by task type flaky: 3");

        // As an orchestrator does.
        var next = await fleet.StartAsync("consumer-1", settings);
        Fleet.Of(await Fleet.QuiesceAsync(next, 8), "completed").ShouldBe(5);
        foreach (var task in good)
        {
            (await Fleet.FindAsync(next, task.Id)).ShouldNotBeNull().GetProperty("attempts").GetArrayLength().ShouldBe(1, "what ran beside them was finished");
        }
    }

    [Fact]
    public async Task Two_hundred_blocked_threads_cost_neither_the_connection_nor_the_lease()
    {
        await using var fleet = await Fleet.CreateAsync();
        var host = await fleet.StartAsync(
            "consumer-1", Allowed, new("Consumers__Rabbit__MinConcurrency", "200"), new("Consumers__Rabbit__MaxConcurrency", "220"), new("Consumers__Rabbit__Heartbeat", "00:00:05"));
        // A second one watches: it would take over what a lost lease gives up.
        await fleet.StartAsync("consumer-2", Allowed, new("Consumers__Rabbit__MaxConcurrency", "3"));
        var blocking = Enumerable.Range(0, 200).Select(_ => Flaky("block", afterMs: LongTests.AreOn ? 30_000 : 20_000)).ToArray();
        var good = Enumerable.Range(0, 100).Select(_ => Fleet.Sleep(5)).ToArray();

        await PublishAsync(fleet, blocking);
        await PublishAsync(fleet, good);

        var stats = await Fleet.QuiesceAsync(host, 300, TimeSpan.FromSeconds(120));
        Fleet.Of(stats, "completed").ShouldBe(300);
        host.Output.ShouldContain("Make handlers await instead of blocking");
        host.Output.ShouldNotContain("No RabbitMQ connection");
        host.Output.ShouldNotContain("The lease was not renewed");
        foreach (var task in blocking.Concat(good))
        {
            (await Fleet.FindAsync(host, task.Id)).ShouldNotBeNull().GetProperty("attempts").GetArrayLength().ShouldBe(1, "nothing was taken over and nothing came twice");
        }
    }

    internal static TaskMessage Flaky(string mode, int maxRetries = 3, int afterMs = 0) => TaskMessage.Create(
        "flaky", Encoding.UTF8.GetBytes($$"""{"mode":"{{mode}}","afterMs":{{afterMs}}}"""), maxRetries, TimeProvider.System.GetUtcNow());

    internal static Task PublishAsync(Fleet fleet, IEnumerable<TaskMessage> tasks) =>
        Task.WhenAll(tasks.Select(task => fleet.Broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id)));
}
