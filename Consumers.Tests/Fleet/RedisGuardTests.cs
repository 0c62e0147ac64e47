using System.Diagnostics;
using Consumers.Core;
using Consumers.Fleet;
using Consumers.Tests.Fixtures;
using static Consumers.Tests.Fleet.GuardContract;

namespace Consumers.Tests.Fleet;

/// <summary>Several owners, dead owners, and a Redis that goes away, on real servers and processes.</summary>
public sealed class RedisGuardTests
{
    [Fact]
    public async Task Instances_share_what_is_settled_and_leave_each_other_what_runs()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await RedisInstance.StartAsync(redis.Url, "one");
        await using var two = await RedisInstance.StartAsync(redis.Url, "two");
        var (guard, other) = (one.Guard(), two.Guard());

        var begun = await BegunAsync(guard, "t");
        (await BeginAsync(other, "t")).ShouldBe(AttemptBegin.RunningElsewhere.Instance);
        await SettleAsync(guard, begun, Settlement.Ack.Instance);

        (await BeginAsync(other, "t")).ShouldBeOfType<AttemptBegin.AlreadySettled>().Status!.WorkerId.ShouldBe("one");
        (await redis.Data.KeyTimeToLiveAsync("task:t:guard"))!.Value.ShouldBeInRange(TimeSpan.FromDays(2.9), TimeSpan.FromDays(3));
    }

    [Fact]
    public async Task What_a_stopped_instance_left_running_begins_again_at_once_and_blames_nobody()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var other = await RedisInstance.StartAsync(redis.Url, "other");
        await using var stopped = await RedisInstance.StartAsync(redis.Url, "stopped");
        var left = await BegunAsync(stopped.Guard(), "t");
        await stopped.StopAsync();

        var begun = await BegunAsync(other.Guard(), "t");

        begun.Key.ShouldBe(left.Key);
        begun.Epoch.ShouldBeGreaterThan(left.Epoch);
    }

    [Fact]
    public async Task A_dead_process_on_this_host_is_taken_over_at_once_and_its_late_outcome_changes_nothing()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var other = await RedisInstance.StartAsync(redis.Url, "other");
        await using var victim = await Owner.StartAsync(redis, other, "victim");
        var (guard, late) = (other.Guard(), victim.Guard);
        var stale = await BegunAsync(late, "t");
        (await BeginAsync(guard, "t")).ShouldBe(AttemptBegin.RunningElsewhere.Instance);

        await victim.KillAsync();

        (await BeginAsync(guard, "t")).ShouldBe(AttemptBegin.Suspect.Instance);
        (await BeginAsync(guard, "t")).ShouldBe(AttemptBegin.Suspect.Instance);
        var taken = await BegunAsync(guard, "t", solitary: true);
        taken.Key.ShouldBe(stale.Key);
        taken.Epoch.ShouldBeGreaterThan(stale.Epoch);
        (await SettleAsync(late, stale, Settlement.Ack.Instance)).Accepted.ShouldBeFalse("its epoch is stale");
        (await SettleAsync(guard, taken, RetryIn(taken, 0))).Accepted.ShouldBeTrue();
    }

    [Fact]
    public async Task A_task_that_kills_the_process_three_times_is_dead_lettered_as_crashed()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var other = await RedisInstance.StartAsync(redis.Url, "other");
        var guard = other.Guard();
        foreach (var (name, solitary) in new[] { ("one", false), ("two", true), ("three", true) })
        {
            await using var victim = await Owner.StartAsync(redis, other, name);
            await BegunAsync(victim.Guard, "t", solitary: solitary);
            await victim.KillAsync();
        }

        var settled = (await BeginAsync(guard, "t")).ShouldBeOfType<AttemptBegin.AlreadySettled>();

        settled.Owed.ShouldBe(new Settlement.DeadLetter(DeadReason.Crashed, "the process died 3 times while it ran this task; last on three"));
        settled.Status!.Status.ShouldBe("FAILED");
    }

    [Fact]
    public async Task A_lease_that_is_gone_says_that_its_owner_is_dead_but_not_to_one_who_could_not_see_it_renewed()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var other = await RedisInstance.StartAsync(redis.Url, "other");
        var began = Stopwatch.GetTimestamp();
        var guard = other.Guard();
        await using var victim = await Owner.StartAsync(redis, other, "victim");
        await BegunAsync(victim.Guard, "t");
        await redis.Data.KeyDeleteAsync(victim.Lease);

        (await BeginAsync(guard, "t")).ShouldBe(AttemptBegin.RunningElsewhere.Instance);
        AttemptBegin last = AttemptBegin.RunningElsewhere.Instance;
        await Eventually.TrueAsync(async () => (last = await BeginAsync(guard, "t")) is not AttemptBegin.RunningElsewhere, "it is taken over");

        last.ShouldBe(AttemptBegin.Suspect.Instance);
        Stopwatch.GetElapsedTime(began).ShouldBeGreaterThan(TimeSpan.FromSeconds(9), "a process that has just come could not know");
    }

    [Fact]
    public async Task With_Wait_an_attempt_waits_for_Redis_and_begins_once()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var instance = await RedisInstance.StartAsync(redis.Url, configure: options => options.Timeout = TimeSpan.FromMilliseconds(400));
        var guard = instance.Guard(GuardAway.Wait);
        var running = await BegunAsync(guard, "running");

        redis.Freeze();
        Task<AttemptBegin> begin;
        Task<AttemptEnd> settle;
        try
        {
            begin = BeginAsync(guard, "t").AsTask();
            settle = SettleAsync(guard, running, Settlement.Ack.Instance).AsTask();
            await Eventually.TrueAsync(() => instance.Health.Health == DependencyHealth.Down, "Redis is seen to be away");
            instance.Health.Description.ShouldContain("Modules that wait for their guard begin nothing.");
            begin.IsCompleted.ShouldBeFalse();
            settle.IsCompleted.ShouldBeFalse();
        }
        finally
        {
            redis.Thaw();
        }

        // Its first try is in the frozen server's socket: it must be known for this call's own.
        var begun = (await begin).ShouldBeOfType<AttemptBegin.Begun>();
        (await settle).Accepted.ShouldBeTrue();
        (await SettleAsync(guard, begun, Settlement.Ack.Instance)).Accepted.ShouldBeTrue();
        (await BeginAsync(guard, "t")).ShouldBeOfType<AttemptBegin.AlreadySettled>();
        (await BeginAsync(guard, "running")).ShouldBeOfType<AttemptBegin.AlreadySettled>();
    }

    [Fact]
    public async Task With_Continue_attempts_go_on_unguarded_and_nothing_looks_as_if_it_ran_for_ever()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var instance = await RedisInstance.StartAsync(redis.Url, configure: options => options.Timeout = TimeSpan.FromMilliseconds(400));
        var guard = instance.Guard(GuardAway.Continue);
        var running = await BegunAsync(guard, "running");

        redis.Freeze();
        AttemptBegin.Begun unsure;
        try
        {
            unsure = await BegunAsync(guard, "unsure");
            (await SettleAsync(guard, running, RetryIn(running, 0))).Accepted.ShouldBeTrue();
            await Eventually.TrueAsync(() => instance.Health.Health == DependencyHealth.Down, "Redis is seen to be away");
            var during = await BegunAsync(guard, "during");
            (await SettleAsync(guard, during, Settlement.Ack.Instance)).Accepted.ShouldBeTrue();
            await BegunAsync(guard, "during");
            instance.Health.Description.ShouldContain("Modules that go on without their guard may run a task twice; 3 attempts began so.");
            (await SettleAsync(guard, unsure, RetryIn(unsure, 0))).Accepted.ShouldBeTrue();
        }
        finally
        {
            redis.Thaw();
        }

        await Eventually.TrueAsync(() => instance.Health.Health == DependencyHealth.Up, "Redis is back");
        foreach (var id in new[] { "running", "unsure" })
        {
            await Eventually.TrueAsync(async () => await BeginAsync(guard, id) is AttemptBegin.AlreadySettled { Status.Status: "RETRYING" }, $"the outcome of '{id}' was written after all");
            (await BegunAsync(guard, id, retryCount: 1)).Key.Attempt.ShouldBe(2);
        }
    }

    [Fact]
    public async Task An_outcome_survives_a_flush_in_the_middle_of_its_attempt()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var instance = await RedisInstance.StartAsync(redis.Url);
        var guard = instance.Guard();
        var begun = await BegunAsync(guard, "t");

        await redis.FlushAsync();

        (await SettleAsync(guard, begun, Settlement.Ack.Instance)).Accepted.ShouldBeTrue("nobody else has taken it over");
        (await BeginAsync(guard, "t")).ShouldBeOfType<AttemptBegin.AlreadySettled>();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_value_that_no_guard_wrote_is_moved_aside(bool isList)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var instance = await RedisInstance.StartAsync(redis.Url);
        await (isList ? redis.Data.ListRightPushAsync("task:t:guard", "x") : redis.Data.StringSetAsync("task:t:guard", "{\"id\":7}") as Task);

        var begun = await BegunAsync(instance.Guard(), "t");

        begun.Key.ShouldBe(new AttemptKey("t", 1, 1));
        ((string[])(await redis.Data.ScriptEvaluateAsync("return redis.call('KEYS', 'task:t:guard:wrong-type:*')"))!).Length.ShouldBe(1);
    }

    /// <summary>A process that only sleeps, and the guard as if in it: its lease is written by hand.</summary>
    private sealed class Owner(InstanceIdentity identity, IAttemptGuard guard, Process process) : IAsyncDisposable
    {
        public IAttemptGuard Guard => guard;

        public string Lease => $"fleet:run:{identity.RunId}";

        public static async Task<Owner> StartAsync(RedisServer redis, RedisInstance any, string name)
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells when a process began");
            var identity = new InstanceIdentity(name, TimeProvider.System);
            IGuardStore store = any.Parts.Guard;
            var owner = new Owner(identity, new FleetAttemptGuard(store, GuardAway.Wait, new GuardRepairs(store), counters: null, identity, TimeProvider.System), Process.Start("sleep", "300"));
            await redis.Data.StringSetAsync(owner.Lease, $"{owner.Pid} {HostIdentity.StartOf(owner.Pid)} 1 {new HostIdentity().Value}", TimeSpan.FromMinutes(1));
            return owner;
        }

        private int Pid => process.Id;

        public async Task KillAsync()
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await KillAsync();
            process.Dispose();
        }
    }
}
