using Consumers.Core;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.DeadLetters;

/// <summary>What is frozen when an operation starts, and what is refused. No module is here, so nothing runs a replay.</summary>
public sealed class OperationStartTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private TestFleet _fleet = null!;

    private string Ledger => _folder.File("ledger.db");

    private IDeadLetterOperations Operations => _fleet.Services.GetRequiredService<IDeadLetterOperations>();

    public async ValueTask InitializeAsync()
    {
        // Nothing leads to a broker, so nothing consumes, publishes or archives.
        _fleet = await TestFleet.StartAsync(_ => { }, folder: _folder);
        new DeadLetterSeed().Insert(Ledger, 30);
        new DeadLetterSeed(Type: "email") { Prefix = "mail-", Reason = "exhausted", Series = 3 }.Insert(Ledger, 12);
    }

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();

    [Fact]
    public async Task The_count_that_was_shown_is_the_count_that_is_done()
    {
        var choice = Replay(new(Type: "email", Reason: "exhausted", Text: "MAIL-"));
        var preview = await Operations.PreviewAsync(choice, Token);
        preview.ShouldBe(new OperationPreview(Count: 12, CutOff: 42, ReplayedBefore: 12, Busy: 0));
        new DeadLetterSeed(Type: "email") { Prefix = "mail-late-", Reason = "exhausted" }.Insert(Ledger, 5);

        var operation = await Operations.StartAsync(Order("one", choice, preview), Token);

        (operation.Total, operation.Waiting, operation.State, operation.Scope).ShouldBe((12, 12, OperationState.Running, "type:email reason:exhausted text:MAIL-"));
        (await Operations.ItemsAsync("one", OperationItemState.Waiting, null, 200, Token)).Select(item => item.DeadLetterId)
            .ShouldBe(Enumerable.Range(1, 12).Select(n => $"dl-mail-{n}"));
        (await Operations.PreviewAsync(choice, Token)).ShouldBe(new OperationPreview(Count: 5, CutOff: 47, ReplayedBefore: 0, Busy: 12));
    }

    [Fact]
    public async Task Started_twice_at_once_it_is_one_operation_and_another_persons_is_refused()
    {
        var choice = Replay(new(Type: "scripted"));
        var preview = await Operations.PreviewAsync(choice, Token);

        var twice = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Operations.StartAsync(Order("click", choice, preview), Token).AsTask()));
        var other = await Should.ThrowAsync<OperationRefusedException>(async () => await Operations.StartAsync(Order("ben", choice, preview) with { By = "ben" }, Token));

        twice.Select(operation => operation.Id).Distinct().ShouldBe(["click"]);
        other.Message.ShouldStartWith("There is nothing to do");
        Read("SELECT COUNT(*) FROM OperationItems").ShouldBe("30");
        Read("SELECT Actor || ' ' || Action || ' ' || Target || ' ' || Count || ' ' || Result FROM Audit").ShouldBe("anna replay type:scripted 30 started");
    }

    [Fact]
    public async Task A_choice_that_has_changed_is_refused_and_nothing_is_frozen()
    {
        var choice = Replay(new(Module: "rabbit"));
        var preview = await Operations.PreviewAsync(choice, Token);
        var before = await Operations.PreviewAsync(Replay(new(Type: "email")), Token);
        await Operations.StartAsync(Order("mails", Replay(new(Type: "email")), before), Token);

        var refused = await Should.ThrowAsync<OperationRefusedException>(async () => await Operations.StartAsync(Order("all", choice, preview), Token));

        refused.Message.ShouldBe("The choice has changed: 42 were expected, and 30 match now. Look at it again, and confirm the new count.");
        (await Operations.FindAsync("all", Token)).ShouldBeNull();
        Read("SELECT COUNT(*) FROM OperationItems").ShouldBe("12");
    }

    [Fact]
    public async Task Named_entries_are_taken_and_what_is_not_there_is_not_counted()
    {
        var choice = new OperationChoice(OperationKind.Replay, null, ["dl-task-7", "dl-mail-2", "dl-nobody", "' OR 1=1 --"]);

        var operation = await Operations.StartAsync(Order("named", choice, await Operations.PreviewAsync(choice, Token)), Token);

        operation.Total.ShouldBe(2);
        (await Operations.ItemsAsync("named", null, null, 200, Token)).Select(item => item.DeadLetterId).ShouldBe(["dl-task-7", "dl-mail-2"]);
    }

    [Fact]
    public async Task What_is_paused_is_refused_with_the_reason()
    {
        await _fleet.Services.GetRequiredService<IPauses>().PauseAsync(new PauseOrder("rabbit", "email", "carla", "the mail server moves"), Token);
        var choice = Replay(new());

        var refused = await Should.ThrowAsync<OperationRefusedException>(async () => await Operations.StartAsync(Order("all", choice, await Operations.PreviewAsync(choice, Token)), Token));

        refused.Message.ShouldBe("The type email of rabbit is paused by carla (the mail server moves): resume it first, or choose others.");
        var discard = choice with { Kind = OperationKind.Discard };
        (await Operations.StartAsync(Order("discard", discard, await Operations.PreviewAsync(discard, Token)), Token)).Total.ShouldBe(42);
    }

    [Theory]
    [InlineData("", 0, 50, 1.0)]
    [InlineData("with space", 0, 50, 1.0)]
    [InlineData("ok", -1, 50, 1.0)]
    [InlineData("ok", 0, 0, 1.0)]
    [InlineData("ok", 0, 101, 1.0)]
    [InlineData("ok", 0, 50, 0.05)]
    [InlineData("ok", 0, 50, 10_001.0)]
    [InlineData("ok", 0, 50, double.NaN)]
    public async Task A_wrong_order_is_refused(string id, int canary, int stopAt, double rate) =>
        await Should.ThrowAsync<OperationRefusedException>(async () => await Operations.StartAsync(
            new OperationOrder(id, Replay(new()), 42, 42, "anna", null, rate, canary, stopAt), Token));

    [Fact]
    public async Task An_edited_replay_needs_a_task_for_a_body_and_an_entry_that_is_dead()
    {
        async Task<string> RefusedAsync(string entry, string body) =>
            (await Should.ThrowAsync<OperationRefusedException>(async () => await Operations.ReplayEditedAsync("edit", entry, System.Text.Encoding.UTF8.GetBytes(body), "anna", null, Token))).Message;

        (await RefusedAsync("dl-task-1", "{not json")).ShouldStartWith("The body is no task: ");
        (await RefusedAsync("dl-nobody", """{"type":"email"}""")).ShouldBe("There is no dead letter dl-nobody.");
        await Operations.ReplayEditedAsync("first", "dl-task-1", """{"type":"email"}"""u8.ToArray(), "anna", null, Token);
        (await RefusedAsync("dl-task-1", """{"type":"email"}""")).ShouldBe("The dead letter dl-task-1 is in the hands of another operation.");
        (await Operations.ReplayEditedAsync("first", "dl-task-1", """{"type":"email"}"""u8.ToArray(), "anna", null, Token)).Id.ShouldBe("first", "asked twice it is the same replay");
        Read("SELECT COUNT(*) FROM OperationItems").ShouldBe("1");
    }

    private static OperationChoice Replay(DeadLetterFilter filter) => new(OperationKind.Replay, filter, null);

    private static OperationOrder Order(string id, OperationChoice choice, OperationPreview preview) => new(id, choice, preview.CutOff, preview.Count, "anna", "the server is back");

    private string? Read(string sql) => LedgerText.Read(Ledger, sql);

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
