using Consumers.Core;
using Consumers.Fleet;
using Consumers.Tests.Fixtures;
using static Consumers.Tests.Fleet.GuardContract;

namespace Consumers.Tests.Fleet;

/// <summary>The guard of a module that counts: it tells the counters in the steps in which it begins and settles.</summary>
public sealed class CountingGuardTests
{
    private static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(5);

    [Fact]
    public async Task A_task_is_counted_in_the_step_that_settles_it()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var instance = await RedisInstance.StartAsync(redis.Url);
        var guard = instance.Parts.Guard.For(GuardAway.Wait, counts: true);
        guard.Counts.ShouldBeTrue();

        var begun = await BegunAsync(guard, "t");
        ((string?)await redis.Data.StringGetAsync("task:t:status")).ShouldBe("PROCESSING");
        ((string?)await redis.Data.StringGetAsync("stats:consumer-1:processed")).ShouldBe("0");

        (await CompleteAsync(guard, begun)).Accepted.ShouldBeTrue();
        await ShouldHaveCountedOneAsync(redis);

        (await BeginAsync(guard, "t")).ShouldBeOfType<AttemptBegin.AlreadySettled>();
        (await CompleteAsync(guard, begun)).Accepted.ShouldBeFalse();
        await ShouldHaveCountedOneAsync(redis);
    }

    [Fact]
    public async Task An_outcome_that_is_sent_again_after_a_lost_answer_is_counted_once()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var instance = await RedisInstance.StartAsync(redis.Url);
        IGuardStore store = instance.Parts.Guard;
        var entry = instance.Parts.Counters.EndOf(new AttemptKey("t", 1, 1), CountedAs.Processed, Busy);

        (await store.ReplaceAsync("t", null, "settled", entry, CancellationToken.None)).IsWritten.ShouldBeTrue();
        (await store.ReplaceAsync("t", null, "settled", entry, CancellationToken.None)).IsWritten.ShouldBeTrue();
        // By another way, as when Redis went away in between.
        instance.Counters.Ended(entry.Key, CountedAs.Processed, Busy);
        await instance.Parts.Counters.FlushAsync(TimeSpan.FromSeconds(10));

        await ShouldHaveCountedOneAsync(redis);
    }

    [Theory]
    [InlineData("stats:consumer-1:processed")]
    [InlineData("stats:consumer-1:busyMs")]
    [InlineData("task:t:status")]
    [InlineData("task:t:counted")]
    public async Task A_key_of_a_wrong_type_costs_no_count_and_makes_none_twice(string key)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var instance = await RedisInstance.StartAsync(redis.Url);
        var guard = instance.Parts.Guard.For(GuardAway.Wait, counts: true);
        var begun = await BegunAsync(guard, "t");
        await redis.Data.KeyDeleteAsync(key);
        await redis.Data.SetAddAsync(key, "somebody else's");

        (await CompleteAsync(guard, begun)).Accepted.ShouldBeTrue();

        await ShouldHaveCountedOneAsync(redis);
    }

    private static ValueTask<AttemptEnd> CompleteAsync(IAttemptGuard guard, AttemptBegin.Begun begun)
    {
        var now = TimeProvider.System.GetUtcNow();
        return guard.SettleAsync(new AttemptResult(begun, TaskState.Completed, "success", Settlement.Ack.Instance, null, now, now, Busy), CancellationToken.None);
    }

    private static async Task ShouldHaveCountedOneAsync(RedisServer redis)
    {
        ((string?)await redis.Data.StringGetAsync("task:t:status")).ShouldBe("COMPLETED");
        ((string?)await redis.Data.StringGetAsync("stats:consumer-1:processed")).ShouldBe("1");
        ((string?)await redis.Data.StringGetAsync("stats:consumer-1:busyMs")).ShouldBe("5");
    }
}
