using System.Text;
using System.Text.Json;
using Consumers.Core;
using Shouldly;
using Xunit;

namespace Consumers.Tests.Ledger;

public sealed class TaskLedgerTests
{
    private static readonly TimeSpan Now = TimeSpan.FromSeconds(-1);

    [Fact]
    public async Task The_same_task_is_accepted_once_and_another_of_its_id_is_refused()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();

        var results = await instance.Tasks.EnqueueAsync(
            "rabbit",
            [
                TestInstance.Message("a", payload: "{\"x\":1}"),
                TestInstance.Message("a", payload: "{\"x\":1}"),
                TestInstance.Message("a", payload: "{\"x\":2}"),
                TestInstance.Message("a", type: "report", payload: "{\"x\":1}"),
                TestInstance.Message("b"),
            ],
            CancellationToken.None);

        results.ShouldBe([EnqueueResult.Accepted, EnqueueResult.AlreadyThere, EnqueueResult.Conflict, EnqueueResult.Conflict, EnqueueResult.Accepted]);
    }

    [Fact]
    public async Task What_no_broker_confirmed_is_found_oldest_first_with_all_it_carries()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        var unknown = new Dictionary<string, JsonElement> { ["tenant"] = JsonSerializer.SerializeToElement("blue") };
        var first = TestInstance.Message("first", payload: "[1, 2]") with { Key = "k", CreatedAt = ledger.Time.GetUtcNow(), Unknown = unknown };
        await instance.Tasks.EnqueueAsync("rabbit", [first, TestInstance.Message("second"), TestInstance.Message("third")], CancellationToken.None);
        await instance.Tasks.EnqueueAsync("kafka", [TestInstance.Message("elsewhere")], CancellationToken.None);

        (await instance.Tasks.FindUnpublishedAsync("rabbit", TimeSpan.FromSeconds(1), 10, CancellationToken.None)).ShouldBeEmpty("they are too young");
        ledger.Time.Advance(TimeSpan.FromSeconds(2));
        var found = await instance.Tasks.FindUnpublishedAsync("rabbit", TimeSpan.FromSeconds(1), 2, CancellationToken.None);

        found.Select(task => task.Message.Id).ShouldBe(["first", "second"]);
        Encoding.UTF8.GetString(found[0].Message.Payload.Span).ShouldBe("[1, 2]");
        found[0].Message.Key.ShouldBe("k");
        found[0].Message.CreatedAt.ShouldBe(first.CreatedAt);
        found[0].Message.Unknown!["tenant"].GetString().ShouldBe("blue");

        await instance.Tasks.NotePublishedAsync(["first"], CancellationToken.None);
        await instance.BegunAsync("second");
        (await instance.Tasks.FindUnpublishedAsync("rabbit", Now, 10, CancellationToken.None)).Select(task => task.Message.Id)
            .ShouldBe(["third"], "the one was confirmed, and the delivery of the other proves that it was published");
    }

    [Fact]
    public async Task What_a_forgetful_transport_lost_is_published_again_where_it_stood()
    {
        await using var ledger = new TestLedger();
        var (before, after) = (await ledger.StartAsync("before"), await ledger.StartAsync("after"));
        await before.Tasks.EnqueueAsync("rabbit", [TestInstance.Message("queued")], CancellationToken.None);
        await before.Tasks.NotePublishedAsync(["queued"], CancellationToken.None);
        await before.SettleAsync(await before.BegunAsync("done"), Settlement.Ack.Instance);
        var waits = await before.BegunAsync("waits");
        await before.SettleAsync(waits, before.RetryIn(waits, 30));
        await before.BegunAsync("runs");
        await after.BegunAsync("runs-here");
        await before.Keeper.StoppedAsync(CancellationToken.None);

        (await after.Tasks.RequeueUnfinishedAsync("rabbit", CancellationToken.None)).ShouldBe(3);
        (await after.Tasks.RequeueUnfinishedAsync("rabbit", CancellationToken.None)).ShouldBe(0);

        var found = await after.Tasks.FindUnpublishedAsync("rabbit", Now, 10, CancellationToken.None);
        found.Select(task => (task.Message.Id, task.Message.RetryCount)).ShouldBe([("queued", 0), ("waits", 1), ("runs", 0)]);
        (await after.BeginAsync("waits", retryCount: 1)).ShouldBeOfType<AttemptBegin.NotDue>();
        (await after.BegunAsync("runs")).Key.Attempt.ShouldBe(1);
    }
}
