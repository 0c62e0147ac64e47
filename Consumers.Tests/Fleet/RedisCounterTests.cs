using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Fleet;

public sealed class RedisCounterTests
{
    private static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(7);

    [Fact]
    public async Task A_task_is_counted_once_however_often_and_wherever_it_is_delivered()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await RedisInstance.StartAsync(redis.Url, "one");
        await using var two = await RedisInstance.StartAsync(redis.Url, "two");
        var first = new AttemptKey("t", 1, 1);

        one.Counters.Queued("t");
        await Is(redis, "t", "QUEUED");
        one.Counters.Began(first);
        await Is(redis, "t", "PROCESSING");
        one.Counters.Ended(first, CountedAs.Retried, Busy);
        await redis.CounterIsAsync("one", "retried", 1);
        two.Counters.Ended(first, CountedAs.Retried, Busy);
        two.Counters.Duplicate(first, CountedAs.Retried);
        await Is(redis, "t", "QUEUED");
        two.Counters.Ended(first with { Attempt = 2 }, CountedAs.Retried, Busy);
        await redis.CounterIsAsync("two", "retried", 1);
        two.Counters.Ended(first with { Attempt = 3 }, CountedAs.Processed, Busy);
        await redis.CounterIsAsync("two", "processed", 1);
        one.Counters.Began(first with { Attempt = 3 });
        one.Counters.Ended(first with { Attempt = 3 }, CountedAs.Processed, Busy);
        one.Counters.Duplicate(first with { Attempt = 3 }, CountedAs.Processed);
        one.Counters.Ended(first with { Series = 2 }, CountedAs.Failed, Busy);
        await redis.CounterIsAsync("one", "failed", 1);

        await redis.CounterIsAsync("one", "duplicates", 1);
        await redis.CounterIsAsync("two", "duplicates", 1);
        var counts = await one.Reader.CountsAsync(CancellationToken.None);
        counts["one"].ShouldBe(new TaskCounts(Processed: 0, Failed: 1, Retried: 1, Dead: 1, Duplicates: 1, BusyMs: 14));
        counts["two"].ShouldBe(new TaskCounts(Processed: 1, Failed: 0, Retried: 1, Dead: 0, Duplicates: 1, BusyMs: 14));
        (await two.Reader.StatusAsync("t", CancellationToken.None)).ShouldBe(TaskState.Failed);
        (await redis.GetAsync("task:t:status")).ShouldBe("FAILED");
        (await two.Reader.StatusAsync("nobody", CancellationToken.None)).ShouldBeNull();
        var life = (await redis.Data.KeyTimeToLiveAsync("task:t:status"))!.Value;
        life.ShouldBeInRange(TimeSpan.FromHours(23.9), TimeSpan.FromHours(24));
        (await redis.Data.KeyTimeToLiveAsync("task:t:counted")).ShouldNotBeNull("nothing stays for ever");
    }

    [Fact]
    public async Task A_fast_consumer_is_not_overtaken_by_the_producers_word()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var instance = await RedisInstance.StartAsync(redis.Url);

        instance.Counters.Ended(new AttemptKey("t", 1, 1), CountedAs.Processed, Busy);
        await Is(redis, "t", "COMPLETED");
        instance.Counters.Queued("t");
        instance.Counters.HandedBack(new AttemptKey("t", 1, 1));
        instance.Counters.Ended(new AttemptKey("other", 1, 1), CountedAs.Processed, Busy);
        await redis.CounterIsAsync("consumer-1", "processed", 2);

        (await redis.GetAsync("task:t:status")).ShouldBe("COMPLETED");
    }

    [Fact]
    public async Task Answers_that_are_lost_count_nothing_twice_and_nothing_less()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var proxy = new LossyProxy(redis.Url);
        await using var instance = await RedisInstance.StartAsync(proxy.Url, configure: options => options.Timeout = TimeSpan.FromMilliseconds(500));
        Count(instance, 0, 10);
        await redis.CounterIsAsync("consumer-1", "processed", 10);
        await Eventually.TrueAsync(() => instance.Parts.Counters.Floors()![0] == 10, "ten are known to be counted");

        proxy.LosesAnswers = true;
        Count(instance, 10, 60);
        await redis.CounterIsAsync("consumer-1", "processed", 60);
        instance.Parts.Counters.Floors()![0].ShouldBe(10, "nobody has heard of the fifty");
        await Eventually.TrueAsync(() => instance.Reader.Behind is { Buffered: 50 }, "they wait to be sent again");
        proxy.LosesAnswers = false;
        proxy.ResetAll();
        await Eventually.TrueAsync(() => instance.Reader.Behind is null, "all are told");

        (await redis.CounterAsync("consumer-1", "processed")).ShouldBe(60);
        (await redis.CounterAsync("consumer-1", "busyMs")).ShouldBe(60 * 7);
        instance.Parts.Counters.Floors()![0].ShouldBe(60, "they are this instance's own");
    }

    [Fact]
    public async Task What_ends_while_Redis_is_dead_is_counted_when_it_is_back()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var instance = await RedisInstance.StartAsync(redis.Url);
        Count(instance, 0, 10);
        await redis.CounterIsAsync("consumer-1", "processed", 10);
        await redis.SaveAsync();
        Count(instance, 10, 20);
        await redis.CounterIsAsync("consumer-1", "processed", 20);

        await redis.Kill9Async();
        await Eventually.TrueAsync(() => instance.Health.Health == DependencyHealth.Down, "it is seen that Redis is away");
        Count(instance, 20, 50);
        instance.Counters.Duplicate(new AttemptKey("t1", 1, 1), CountedAs.Processed);
        instance.Counters.Rejected();
        var behind = instance.Reader.Behind.ShouldNotBeNull();
        behind.Buffered.ShouldBe(31);
        instance.Health.Description.ShouldContain("31 counts wait in this process");
        await Should.ThrowAsync<FleetUnavailableException>(async () => await instance.Reader.CountsAsync(CancellationToken.None));
        // It comes back with the ten that were saved.
        await redis.StartAgainAsync();

        await redis.CounterIsAsync("consumer-1", "processed", 50);
        await redis.CounterIsAsync("consumer-1", "busyMs", 50 * 7);
        await redis.CounterIsAsync("consumer-1", "duplicates", 1);
        await redis.CounterIsAsync("consumer-1", "dead", 1);
        await Eventually.TrueAsync(() => instance.Reader.Behind is null, "nothing is behind");
        (await redis.GetAsync("task:t49:status")).ShouldBe("COMPLETED");
    }

    [Fact]
    public async Task A_frozen_Redis_holds_nothing_up_and_loses_nothing()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var instance = await RedisInstance.StartAsync(redis.Url, configure: options => options.Timeout = TimeSpan.FromMilliseconds(300));

        redis.Freeze();
        try
        {
            Count(instance, 0, 100);
            await Eventually.TrueAsync(() => instance.Health.Health == DependencyHealth.Down, "it is seen that Redis does not answer");
            instance.Health.Description.ShouldContain("did not answer in time");
            Count(instance, 100, 200);
            await Eventually.TrueAsync(() => instance.Reader.Behind is { Buffered: 200 }, "all wait");
        }
        finally
        {
            redis.Thaw();
        }

        await redis.CounterIsAsync("consumer-1", "processed", 200);
        await Eventually.TrueAsync(() => instance.Reader.Behind is null, "nothing is behind");
        (await redis.CounterAsync("consumer-1", "processed")).ShouldBe(200, "what the frozen server had in its socket was not counted twice");
    }

    [Fact]
    public async Task A_flushed_Redis_is_told_again_what_each_instance_has_counted()
    {
        await using var redis = await RedisServer.StartAsync();
        await redis.Data.StringSetAsync("stats:consumer-1:processed", 1000);
        await using var instance = await RedisInstance.StartAsync(redis.Url);
        Count(instance, 0, 25);
        await redis.CounterIsAsync("consumer-1", "processed", 1025);
        await Eventually.TrueAsync(() => instance.Parts.Counters.Floors()![0] == 1025, "they are known to be counted");

        await redis.FlushAsync();
        Count(instance, 25, 30);

        await redis.CounterIsAsync("consumer-1", "processed", 1030);
        await Eventually.TrueAsync(
            async () => await redis.Data.SortedSetScoreAsync("fleet:instances", "consumer-1") is not null && await redis.Data.HashExistsAsync("fleet:instance:consumer-1", "host"),
            "the instance is registered again");
    }

    [Fact]
    public async Task More_than_the_buffer_holds_is_still_counted()
    {
        await using var redis = RedisServer.Stopped();
        await using var instance = await RedisInstance.StartAsync(redis.Url, configure: options => options.Buffer = 100, isUp: false);

        Count(instance, 0, 250);
        var behind = instance.Reader.Behind.ShouldNotBeNull();
        (behind.Buffered, behind.Dropped).ShouldBe((100, 150L));
        await redis.StartAgainAsync();

        await redis.CounterIsAsync("consumer-1", "processed", 250);
        await redis.CounterIsAsync("consumer-1", "busyMs", 250 * 7);
        (await redis.GetAsync("task:t99:status")).ShouldBe("COMPLETED");
        (await redis.GetAsync("task:t100:status")).ShouldBeNull("its status is what the full buffer cost");
    }

    [Theory]
    [InlineData("stats:consumer-1:processed")]
    [InlineData("stats:consumer-1:busyMs")]
    [InlineData("task:t0:status")]
    [InlineData("task:t0:counted")]
    [InlineData("fleet:instances")]
    [InlineData("fleet:instance:consumer-1")]
    public async Task A_key_of_a_wrong_type_is_moved_aside_and_counting_goes_on(string key)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var instance = await RedisInstance.StartAsync(redis.Url);
        await redis.Data.KeyDeleteAsync(key);
        await redis.Data.ListRightPushAsync(key, "somebody else's");

        Count(instance, 0, 3);

        await redis.CounterIsAsync("consumer-1", "processed", 3);
        await redis.CounterIsAsync("consumer-1", "busyMs", 21);
        await Is(redis, "t0", "COMPLETED");
        string[] moved = [];
        await Eventually.TrueAsync(
            async () => (moved = (string[])(await redis.Data.ScriptEvaluateAsync("return redis.call('KEYS', ARGV[1])", [], [$"{key}:wrong-type:*"]))!).Length == 1,
            "it was moved aside");
        ((string?)await redis.Data.ListGetByIndexAsync(moved[0], 0)).ShouldBe("somebody else's");
        instance.Health.Health.ShouldBe(DependencyHealth.Up);
    }

    [Fact]
    public async Task A_counter_that_is_no_number_is_moved_aside()
    {
        await using var redis = await RedisServer.StartAsync();
        await redis.Data.StringSetAsync("stats:consumer-1:processed", "many");
        await using var instance = await RedisInstance.StartAsync(redis.Url);

        Count(instance, 0, 3);

        await redis.CounterIsAsync("consumer-1", "processed", 3);
    }

    [Fact]
    public async Task Scripts_that_were_flushed_are_sent_again()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var instance = await RedisInstance.StartAsync(redis.Url);
        Count(instance, 0, 3);
        await redis.CounterIsAsync("consumer-1", "processed", 3);

        await redis.ScriptFlushAsync();
        Count(instance, 3, 6);

        await redis.CounterIsAsync("consumer-1", "processed", 6);
    }

    private static void Count(RedisInstance instance, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            var key = new AttemptKey($"t{i}", 1, 1);
            instance.Counters.Began(key);
            instance.Counters.Ended(key, CountedAs.Processed, Busy);
        }
    }

    private static Task Is(RedisServer redis, string id, string status)
    {
        string? last = null;
        return Eventually.TrueAsync(async () => (last = await redis.GetAsync($"task:{id}:status")) == status, () => $"task {id} is {status}; it is {last}");
    }
}
