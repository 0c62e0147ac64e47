using System.Text;
using Consumers.Core;
using Consumers.Fleet;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Fleet;

/// <summary>What every guard without a ledger promises; the ledger's own tests say the same of it.</summary>
public abstract class GuardContract
{
    protected string NewId() => $"t-{Guid.NewGuid():N}";

    protected abstract IAttemptGuard Guard { get; }

    [Fact]
    public async Task A_settled_attempt_never_begins_again()
    {
        var id = NewId();
        var begun = await BegunAsync(Guard, id);
        (await SettleAsync(Guard, begun, Settlement.Ack.Instance)).ShouldBe(new AttemptEnd(true, 2));

        var again = (await BeginAsync(Guard, id)).ShouldBeOfType<AttemptBegin.AlreadySettled>();

        again.Key.ShouldBe(begun.Key);
        again.Owed.ShouldBe(Settlement.Ack.Instance);
        (again.Status!.Status, again.Status.Seq, again.Status.WorkerId).ShouldBe(("COMPLETED", 2, "consumer-1"));
    }

    [Fact]
    public async Task A_retry_and_then_a_dead_letter_are_owed_until_they_are_noted_as_paid()
    {
        var id = NewId();
        var first = await BegunAsync(Guard, id);
        var retry = RetryIn(first, 0.3);
        await SettleAsync(Guard, first, retry);
        (await BeginAsync(Guard, id)).ShouldBeOfType<AttemptBegin.AlreadySettled>().Owed.ShouldBe(retry);
        (await BeginAsync(Guard, id, retryCount: 1)).ShouldBe(new AttemptBegin.NotDue(retry.DueAt));

        Guard.NotePaid(first.Key);
        await PaidAsync(id, 0);

        AttemptBegin second = AttemptBegin.RunningElsewhere.Instance;
        await Eventually.TrueAsync(async () => (second = await BeginAsync(Guard, id, retryCount: 1)) is AttemptBegin.Begun, "the retry is due");
        ((AttemptBegin.Begun)second).Key.ShouldBe(new AttemptKey(id, 1, 2));
        var dead = new Settlement.DeadLetter(DeadReason.Permanent, "no such address");
        await SettleAsync(Guard, (AttemptBegin.Begun)second, dead);
        var again = (await BeginAsync(Guard, id, retryCount: 1)).ShouldBeOfType<AttemptBegin.AlreadySettled>();
        again.Owed.ShouldBe(dead);
        (again.Status!.Status, again.Status.Error).ShouldBe(("FAILED", "no such address"));
        Guard.NotePaid(again.Key);
        await PaidAsync(id, 1);
    }

    [Fact]
    public async Task A_final_state_takes_no_other_outcome()
    {
        var id = NewId();
        var begun = await BegunAsync(Guard, id);
        await SettleAsync(Guard, begun, Settlement.Ack.Instance);

        (await SettleAsync(Guard, begun, RetryIn(begun, 1))).Accepted.ShouldBeFalse();
        (await BeginAsync(Guard, id)).ShouldBeOfType<AttemptBegin.AlreadySettled>().Status!.Status.ShouldBe("COMPLETED");
    }

    [Fact]
    public async Task An_attempt_that_runs_is_left_to_its_owner()
    {
        var id = NewId();
        await BegunAsync(Guard, id);

        (await BeginAsync(Guard, id)).ShouldBe(AttemptBegin.RunningElsewhere.Instance);
    }

    [Fact]
    public async Task What_was_handed_back_costs_no_attempt()
    {
        var id = NewId();
        for (var round = 0; round < 5; round++)
        {
            var begun = await BegunAsync(Guard, id);
            begun.Key.Attempt.ShouldBe(1);
            await Guard.ReleaseAsync(begun.Key, begun.Epoch, CancellationToken.None);
        }
        var first = await BegunAsync(Guard, id);
        await SettleAsync(Guard, first, RetryIn(first, 0));
        var second = await BegunAsync(Guard, id, retryCount: 1);
        await Guard.ReleaseAsync(second.Key, second.Epoch, CancellationToken.None);

        (await BeginAsync(Guard, id)).ShouldBeOfType<AttemptBegin.AlreadySettled>("the first attempt stays settled");
        (await BegunAsync(Guard, id, retryCount: 1)).Key.Attempt.ShouldBe(2);
    }

    [Fact]
    public async Task A_claim_beyond_the_last_attempt_is_dead_lettered_without_running_and_owed_until_paid()
    {
        var id = NewId();
        var expected = new Settlement.DeadLetter(DeadReason.Exhausted, "attempt 8 of at most 6");

        var settled = (await BeginAsync(Guard, id, retryCount: 7)).ShouldBeOfType<AttemptBegin.AlreadySettled>();
        settled.Owed.ShouldBe(expected);
        settled.Status!.Status.ShouldBe("FAILED");
        (await BeginAsync(Guard, id, retryCount: 7)).ShouldBeOfType<AttemptBegin.AlreadySettled>().Owed.ShouldBe(expected);
        Guard.NotePaid(settled.Key);
        await PaidAsync(id, 7);
    }

    [Fact]
    public async Task The_first_messages_maximum_holds_whatever_a_later_one_claims()
    {
        var id = NewId();
        var first = await BegunAsync(Guard, id, maxRetries: 1);
        await SettleAsync(Guard, first, RetryIn(first, 0));

        (await BegunAsync(Guard, id, retryCount: 1, maxRetries: 100)).MaxRetries.ShouldBe(1);
    }

    [Fact]
    public async Task Many_that_race_for_the_same_tasks_begin_each_once()
    {
        var ids = Enumerable.Range(0, 100).Select(_ => NewId()).ToArray();

        var begins = await Task.WhenAll(Enumerable.Range(0, 400).Select(i => Task.Run(async () => await BeginAsync(Guard, ids[i % 100]))));

        begins.OfType<AttemptBegin.Begun>().Count().ShouldBe(100);
        begins.OfType<AttemptBegin.Begun>().Select(begun => begun.Key.TaskId).Distinct().Count().ShouldBe(100);
        begins.OfType<AttemptBegin.RunningElsewhere>().Count().ShouldBe(300);
    }

    /// <summary>A guard that waits for its store waits for ever: not so the test.</summary>
    internal static async ValueTask<AttemptBegin> BeginAsync(IAttemptGuard guard, string id, int retryCount = 0, bool solitary = false, int maxRetries = 5)
    {
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return await guard.BeginAsync(
            new AttemptRequest(new TaskMessage { Id = id, Type = "email", RetryCount = retryCount, MaxRetries = maxRetries, Payload = Encoding.UTF8.GetBytes("{}") }, 1, "rabbit", solitary),
            enough.Token);
    }

    internal static async Task<AttemptBegin.Begun> BegunAsync(IAttemptGuard guard, string id, int retryCount = 0, bool solitary = false, int maxRetries = 5) =>
        (await BeginAsync(guard, id, retryCount, solitary, maxRetries)).ShouldBeOfType<AttemptBegin.Begun>();

    internal static ValueTask<AttemptEnd> SettleAsync(IAttemptGuard guard, AttemptBegin.Begun begun, Settlement owed)
    {
        var now = TimeProvider.System.GetUtcNow();
        return guard.SettleAsync(
            new AttemptResult(
                begun, SettlementPolicy.StateAfter(owed), "word", owed, (owed as Settlement.Retry)?.Error ?? (owed as Settlement.DeadLetter)?.Error, now, now),
            TestContext.Current.CancellationToken);
    }

    internal static Settlement.Retry RetryIn(AttemptBegin.Begun begun, double seconds) =>
        new(DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().AddSeconds(seconds).ToUnixTimeMilliseconds()), begun.Key.Attempt, "no answer");

    private Task PaidAsync(string id, int retryCount) => Eventually.TrueAsync(
        async () => (await BeginAsync(Guard, id, retryCount)) is AttemptBegin.AlreadySettled { Owed: Settlement.Ack },
        "it is noted as paid");
}

public sealed class InMemoryGuardTests : GuardContract
{
    protected override IAttemptGuard Guard { get; } =
        new InMemoryGuard(new InstanceIdentity("consumer-1", TimeProvider.System), TimeProvider.System).For(GuardAway.Wait);

    [Fact]
    public async Task The_oldest_are_forgotten_first()
    {
        var guard = new InMemoryGuard(new InstanceIdentity("consumer-1", TimeProvider.System), TimeProvider.System, remembered: 2).For(GuardAway.Wait);
        foreach (var id in new[] { "a", "b", "c" })
        {
            await SettleAsync(guard, await BegunAsync(guard, id), Settlement.Ack.Instance);
        }

        (await BeginAsync(guard, "b")).ShouldBeOfType<AttemptBegin.AlreadySettled>();
        (await BeginAsync(guard, "c")).ShouldBeOfType<AttemptBegin.AlreadySettled>();
        await BegunAsync(guard, "a");
    }
}

public sealed class RedisGuardContract : GuardContract, IAsyncLifetime
{
    private RedisServer? _redis;
    private RedisInstance? _instance;

    protected override IAttemptGuard Guard => field ??= _instance!.Guard();

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _instance = await RedisInstance.StartAsync(_redis.Url);
    }

    public async ValueTask DisposeAsync()
    {
        if (_instance is not null)
        {
            await _instance.DisposeAsync();
        }
        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
    }
}
