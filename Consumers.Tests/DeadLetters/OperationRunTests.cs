using Consumers.Core;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.DeadLetters;

/// <summary>What running an operation does, on a real ledger and the whole pipeline.</summary>
public sealed class OperationRunTests
{
    [Fact]
    public async Task Each_dead_letter_runs_once_in_its_next_series_and_the_operation_is_done()
    {
        await using var fleet = await OperationFleet.StartAsync();
        new DeadLetterSeed { Series = 2 }.Insert(fleet.Ledger, 300);

        await fleet.StartAsync(OperationFleet.Replay());
        var done = await fleet.UntilAsync(OperationState.Done);

        (done.Succeeded, done.Waiting, done.Published, done.FailedAgain, done.Runner).ShouldBe((300, 0, 0, 0, null));
        done.EndedAt.ShouldNotBeNull();
        fleet.Fleet.Log.Effects.Select(effect => (effect.Series, effect.Attempt)).Distinct().ShouldBe([(3, 1)]);
        fleet.Fleet.Log.Effects.Select(effect => effect.Id).Distinct().Count().ShouldBe(300);
        fleet.Fleet.Log.Effects.Count.ShouldBe(300);
        fleet.Read("""SELECT COUNT(*) || "Operation" || "State" FROM "DeadLetters" """).ShouldBe("300opreplayed");
        fleet.Read("""SELECT group_concat("Actor" || ' ' || "Action" || ' ' || "Count" || ' ' || "Result" || ' ' || "Detail", '; ') FROM "Audit" """)
            .ShouldBe("anna replay 300 started operation op; test-1 end 300 done replay all: 300 succeeded");
        LedgerText.ShouldHaveRightCounts(fleet.Ledger);
    }

    [Fact]
    public async Task What_fails_again_is_the_same_entry_once_more_and_can_be_replayed_once_more()
    {
        await using var fleet = await OperationFleet.StartAsync();
        // Through the whole way: it fails, is archived, replayed, fails, is archived.
        var task = await fleet.Fleet.PublishAsync("fail");
        await Eventually.TrueAsync(() => fleet.Read("""SELECT COUNT(*) FROM "DeadLetters" WHERE "State" = 'dead' """) == "1", "it is archived");

        for (var times = 2; times <= 3; times++)
        {
            await fleet.StartAsync(OperationFleet.Replay(), $"op-{times}");
            var done = await fleet.UntilAsync(OperationState.Done, $"op-{times}");

            (done.FailedAgain, done.Succeeded).ShouldBe((1, 0));
            (await fleet.ItemsAsync(id: $"op-{times}")).ShouldHaveSingleItem().Error.ShouldBe("scripted failure");
            await Eventually.TrueAsync(
                () => fleet.Read("""SELECT "State" || "Times" || "Series" FROM "DeadLetters" """) == $"dead{times}{times}", "the entry has come again");
        }

        fleet.Fleet.Log.Of(task.Id).Select(effect => effect.Series).ShouldBe([1, 2, 3]);
        LedgerText.ShouldHaveRightCounts(fleet.Ledger);
    }

    [Fact]
    public async Task A_canary_goes_first_and_the_rest_stays_when_it_fails()
    {
        await using var fleet = await OperationFleet.StartAsync();
        new DeadLetterSeed(Payload: """{"steps":["fail"]}""").Insert(fleet.Ledger, 50);

        await fleet.StartAsync(OperationFleet.Replay(), canary: 5, stopAt: 50);
        var stopped = await fleet.UntilAsync(OperationState.Stopped);

        (stopped.FailedAgain, stopped.Waiting, stopped.Note).ShouldBe((5, 45, "5 of 5 failed again, more than 50 %: look at why, then resume or cancel it."));
        fleet.Fleet.Log.Effects.Count.ShouldBe(5);

        await fleet.Operations.ChangeAsync("op", OperationChange.Resume, "ben", Token);
        stopped = await fleet.UntilAsync(operation => operation is { State: OperationState.Stopped, FailedAgain: > 5 }, "it is stopped once more");

        stopped.FailedAgain.ShouldBeGreaterThanOrEqualTo(25, "what had failed before the resume is not held against it again");
        LedgerText.ShouldHaveRightCounts(fleet.Ledger);
    }

    [Fact]
    public async Task A_canary_that_ends_well_lets_the_rest_go()
    {
        await using var fleet = await OperationFleet.StartAsync();
        new DeadLetterSeed().Insert(fleet.Ledger, 40);

        await fleet.StartAsync(OperationFleet.Replay(), canary: 3, stopAt: 1);

        (await fleet.UntilAsync(OperationState.Done)).Succeeded.ShouldBe(40);
        var begun = fleet.Fleet.Log.Effects.Select(effect => effect.Id).ToList();
        begun.Take(3).ShouldBe(["task-1", "task-2", "task-3"], ignoreOrder: true);
    }

    [Fact]
    public async Task Paused_nothing_more_goes_out_resumed_it_goes_on_and_cancelled_the_rest_is_dead_and_free()
    {
        await using var fleet = await OperationFleet.StartAsync();
        new DeadLetterSeed().Insert(fleet.Ledger, 2_500);
        await fleet.StartAsync(OperationFleet.Replay(), rate: 50);
        await fleet.UntilAsync(operation => operation.Succeeded >= 3, "some are done");

        (await fleet.Operations.ChangeAsync("op", OperationChange.Pause, "ben", Token))!.State.ShouldBe(OperationState.Paused);
        var paused = await fleet.UntilAsync(operation => operation is { Published: 0, Runner: null }, "nobody runs it");
        fleet.Read("""SELECT "Owner" FROM "Operations" """).ShouldBe("");
        fleet.Fleet.Log.Effects.Count.ShouldBe((int)paused.Succeeded);

        await fleet.Operations.ChangeAsync("op", OperationChange.Resume, "ben", Token);
        await fleet.UntilAsync(operation => operation.Succeeded > paused.Succeeded, "it goes on");
        var cancelled = (await fleet.Operations.ChangeAsync("op", OperationChange.Cancel, "ben", Token))!;
        cancelled.State.ShouldBe(OperationState.Cancelled);
        var last = await fleet.UntilAsync(operation => operation is { Waiting: 0, Published: 0, Runner: null }, "it has let go of all");

        (last.Skipped + last.Succeeded).ShouldBe(2_500);
        fleet.Fleet.Log.Effects.Count.ShouldBe((int)last.Succeeded);
        (await fleet.Operations.PreviewAsync(OperationFleet.Replay(), Token)).ShouldBe(new OperationPreview(last.Skipped, 2_500, 0, 0));
        (await fleet.Operations.ChangeAsync("op", OperationChange.Resume, "ben", Token))!.State.ShouldBe(OperationState.Cancelled);
        fleet.Read("""SELECT group_concat("Actor" || ' ' || "Action" || ' ' || "Result", '; ') FROM "Audit" """)
            .ShouldBe("anna replay started; ben pause done; ben resume done; ben cancel done; test-1 end cancelled; ben resume unchanged");
        LedgerText.ShouldHaveRightCounts(fleet.Ledger);
    }

    [Fact]
    public async Task No_more_go_out_than_the_rate_says()
    {
        await using var fleet = await OperationFleet.StartAsync();
        new DeadLetterSeed().Insert(fleet.Ledger, 100);

        await fleet.StartAsync(OperationFleet.Replay(), rate: 40);
        await fleet.UntilAsync(OperationState.Done);

        // 100 at 40 a second take 2.5 s, less the quarter of a second that a bucket holds.
        var at = fleet.Fleet.Log.Effects.Select(effect => effect.At).Order().ToList();
        (at[^1] - at[0]).ShouldBeGreaterThan(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Discarded_is_not_published()
    {
        await using var fleet = await OperationFleet.StartAsync();
        new DeadLetterSeed().Insert(fleet.Ledger, 250);

        await fleet.StartAsync(new OperationChoice(OperationKind.Discard, new DeadLetterFilter(Type: "scripted"), null));

        (await fleet.UntilAsync(OperationState.Done)).Discarded.ShouldBe(250);
        fleet.Fleet.Log.Effects.ShouldBeEmpty();
        fleet.Read("""SELECT "State" || "Count" FROM "DeadLetterCounters" WHERE "Count" > 0""").ShouldBe("discarded250");
        LedgerText.ShouldHaveRightCounts(fleet.Ledger);
    }

    [Fact]
    public async Task An_edited_one_is_a_new_task_that_names_the_old_one()
    {
        await using var fleet = await OperationFleet.StartAsync();
        new DeadLetterSeed(Payload: """{"steps":["fail"]}""").Insert(fleet.Ledger, 1);

        await fleet.Operations.ReplayEditedAsync("op", "dl-task-1", """{"id":"task-1","type":"scripted","payload":{"steps":["ok"]},"retryCount":3,"customer":"acme"}"""u8.ToArray(), "anna", "typo", Token);
        await fleet.UntilAsync(OperationState.Done);

        var item = (await fleet.ItemsAsync(OperationItemState.Succeeded)).ShouldHaveSingleItem();
        var effect = fleet.Fleet.Log.Effects.ShouldHaveSingleItem();
        (effect.Id, effect.Series, effect.Attempt).ShouldBe((item.TaskId!, 1, 1));
        item.TaskId.ShouldNotBe("task-1");
        fleet.Read("""SELECT "ReplayedAs" || "State" FROM "DeadLetters" """).ShouldBe(item.TaskId + "replayed");
        fleet.Read($"""SELECT "Unknown" FROM "TaskBodies" AS b JOIN "Tasks" AS t ON t."Row" = b."TaskRow" WHERE t."Id" = '{item.TaskId}'""").ShouldBe("""{"customer":"acme","replayOf":"task-1"}""");
        fleet.Read("""SELECT "Action" || ' ' || "Target" || ' ' || "Detail" FROM "Audit" LIMIT 1""").ShouldBe("edit dl-task-1 operation op: typo");
    }

    [Fact]
    public async Task A_task_that_completed_meanwhile_or_runs_is_skipped_and_its_entry_stays()
    {
        await using var fleet = await OperationFleet.StartAsync();
        new DeadLetterSeed().Insert(fleet.Ledger, 3);
        fleet.Read("""UPDATE "Tasks" SET "Status" = 'COMPLETED' WHERE "Id" = 'task-1'; UPDATE "Counters" SET "Count" = 2 WHERE "Status" = 'FAILED'; INSERT INTO "Counters" VALUES ('rabbit', 'COMPLETED', 1)""");

        await fleet.StartAsync(OperationFleet.Replay());
        var done = await fleet.UntilAsync(OperationState.Done);

        (done.Skipped, done.Succeeded).ShouldBe((1, 2));
        (await fleet.ItemsAsync(OperationItemState.Skipped)).ShouldHaveSingleItem().Error.ShouldBe("the task has completed meanwhile, or runs now");
        fleet.Read("""SELECT "State" FROM "DeadLetters" WHERE "TaskId" = 'task-1'""").ShouldBe("dead");
        LedgerText.ShouldHaveRightCounts(fleet.Ledger);
    }

    [Fact]
    public async Task What_is_no_task_goes_out_byte_for_byte_and_comes_back_as_an_entry_of_its_own()
    {
        await using var fleet = await OperationFleet.StartAsync();
        new DeadLetterSeed { RawBody = "{not json", Prefix = "raw-", Reason = "malformed" }.Insert(fleet.Ledger, 1);

        await fleet.StartAsync(OperationFleet.Replay());
        await Eventually.TrueAsync(() => fleet.Read("""SELECT group_concat("State") FROM (SELECT "State" FROM "DeadLetters" ORDER BY "Row")""") == "replayed,dead", "it has come back");

        fleet.Read("""SELECT COUNT(*) FROM "DeadLetterBodies" WHERE CAST("Body" AS TEXT) = '{not json'""").ShouldBe("2");
        await fleet.UntilAsync(operation => operation.Published == 1, "that is where it ends");
    }

    [Fact]
    public async Task While_its_type_is_paused_a_replay_that_runs_waits_and_says_why()
    {
        await using var fleet = await OperationFleet.StartAsync();
        new DeadLetterSeed().Insert(fleet.Ledger, 200);
        var pauses = fleet.Fleet.Services.GetRequiredService<IPauses>();
        await fleet.StartAsync(OperationFleet.Replay(), rate: 20);
        await fleet.UntilAsync(operation => operation.Succeeded >= 1, "it runs");

        await pauses.PauseAsync(new PauseOrder("rabbit", "scripted", "carla", null), Token);
        await fleet.UntilAsync(operation => operation.Note == "rabbit/scripted is paused by carla: it goes on when that is resumed.", "it says why");
        await pauses.ResumeAsync(new PauseOrder("rabbit", "scripted", "carla", null), Token);

        await fleet.UntilAsync(operation => operation.Note is null && operation.Succeeded >= 10, "it goes on");
    }

    [Fact]
    public async Task What_a_queue_in_memory_forgot_is_published_again_in_its_series()
    {
        await using var fleet = await OperationFleet.StartAsync();
        new DeadLetterSeed().Insert(fleet.Ledger, 1);

        // As a start leaves it that finds a replayed task in the ledger, and an empty queue.
        fleet.Read("""
            UPDATE "Tasks" SET "Status" = 'QUEUED', "Series" = 2, "Attempt" = 0, "RetryCount" = 0, "AwaitsPublishing" = 1, "EnqueuedAt" = 1;
            UPDATE "Counters" SET "Status" = 'QUEUED'
            """);

        await fleet.Fleet.ReachesAsync("task-1", TaskState.Completed);
        fleet.Fleet.Log.Effects.ShouldHaveSingleItem().Series.ShouldBe(2);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
