using System.Text;
using Confluent.Kafka;
using Consumers.Core;
using Consumers.Kafka;

namespace Consumers.Tests.Kafka;

/// <summary>The rules that need no cluster: options, topics, due times, keys, headers.</summary>
public sealed class KafkaRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Tier = TimeSpan.FromSeconds(10);
    private static readonly KafkaTopicNames Names = new(new KafkaOptions(), new RetrySchedule(new RetryOptions()));

    [Fact]
    public void The_default_topics_are_those_of_the_design() =>
        Names.Groups.SelectMany(group => group.Topics).ShouldBe(["task-execution", "task-retry-1s", "task-retry-2s", "task-retry-4s", "task-retry-8s", "task-retry-16s", "task-retry-32s", "task-retry-60s"]);

    [Fact]
    public void The_default_options_are_right() => new KafkaOptionsValidator().Validate(null, new KafkaOptions()).Succeeded.ShouldBeTrue();

    [Fact]
    public void Every_wrong_option_is_named_with_its_value_and_its_rule()
    {
        var options = new KafkaOptions
        {
            BootstrapServers = "kafka",
            WorkTopic = "a b",
            DeadLetterTopic = "task-status",
            Workers = 0,
            ReplicationFactor = 0,
            Guard = GuardMode.None,
            SessionTimeout = TimeSpan.FromHours(1),
            Client = new() { ["enable.auto.commit"] = "true", ["sasl.password"] = "secret" },
        };

        var failures = new KafkaOptionsValidator().Validate(null, options).Failures.ShouldNotBeNull().ToArray();

        foreach (var name in (string[])["BootstrapServers is 'kafka'", "WorkTopic is 'a b'", "DeadLetterTopic", "StatusTopic", "Workers is '0'", "ReplicationFactor is '0'", "Guard is 'None'", "SessionTimeout", "Client:enable.auto.commit"])
        {
            failures.ShouldContain(failure => failure.Contains($"Consumers:Kafka:{name}", StringComparison.Ordinal), name);
        }
        failures.ShouldAllBe(failure => !failure.Contains("secret", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("embedded", true)]
    [InlineData("127.0.0.1:9092", true)]
    [InlineData("a.example:9092, b.example:9093", true)]
    [InlineData("[::1]:9092", true)]
    [InlineData("127.0.0.1:99999", false)]
    [InlineData("http://127.0.0.1:9092", false)]
    [InlineData("", false)]
    public void Servers_are_hosts_with_ports(string servers, bool isRight) =>
        new KafkaOptionsValidator().Validate(null, new KafkaOptions { BootstrapServers = servers }).Succeeded.ShouldBe(isRight);

    [Fact]
    public void A_retry_is_held_until_its_header_says() => DueTimes.Of(Record(Now, Now + TimeSpan.FromSeconds(11)), Tier, Now).ShouldBe(Now + TimeSpan.FromSeconds(11));

    [Theory]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("2026-11-21T13:00:00Z")]
    public void No_header_holds_up_those_behind_it_for_longer_than_the_tier_and_its_jitter(string due) =>
        DueTimes.Of(Record(Now, due), Tier, Now).ShouldBe(Now + (Tier * 1.2));

    [Fact]
    public void A_clock_that_was_put_back_keeps_a_retry_no_longer_than_its_whole_wait()
    {
        var record = Record(Now, Now + TimeSpan.FromHours(3));
        record.Message.Headers.Add(TaskHeaders.WaitMs, "10500"u8.ToArray());

        DueTimes.Of(record, Tier, Now).ShouldBe(Now + TimeSpan.FromSeconds(10.5));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("tomorrow, probably")]
    public void A_record_that_does_not_say_waits_for_the_tier_from_when_it_was_written(string? due) =>
        DueTimes.Of(Record(Now - TimeSpan.FromSeconds(4), due), Tier, Now).ShouldBe(Now + TimeSpan.FromSeconds(6));

    [Fact]
    public void A_timestamp_from_the_future_is_bounded_too() =>
        DueTimes.Of(Record(Now + TimeSpan.FromDays(400), (string?)null), Tier, Now).ShouldBe(Now + (Tier * 1.2));

    [Fact]
    public void A_topic_that_would_lose_tasks_is_named_with_what_is_wrong()
    {
        Broken("task-execution", ("cleanup.policy", "compact,delete")).ShouldHaveSingleItem().ShouldContain("'task-execution' has cleanup.policy=compact,delete");
        Broken("task-retry-60s", ("retention.ms", "60000")).ShouldHaveSingleItem().ShouldContain("'task-retry-60s' has retention.ms=60000");
        Broken("task-retry-60s", ("retention.ms", "-1"), ("cleanup.policy", "delete")).ShouldBeEmpty();
        Broken("task-retry-1s", ("retention.ms", "604800000")).ShouldBeEmpty();
        Broken("task-status", ("cleanup.policy", "compact")).ShouldBeEmpty();
    }

    [Fact]
    public void A_dead_letter_topic_must_take_what_the_work_topic_takes_with_more_headers()
    {
        var work = new Dictionary<string, string> { ["max.message.bytes"] = "1048588" };

        TopicRules.TooSmall("task-dead-letter", Names, work, work, 1000).ShouldNotBeNull().ShouldContain("max.message.bytes=1048588");
        TopicRules.TooSmall("task-dead-letter", Names, new Dictionary<string, string> { ["max.message.bytes"] = "1049588" }, work, 1000).ShouldBeNull();
    }

    [Theory]
    [InlineData(new byte[] { 0x63, 0x2D, 0x34 }, "c-4")]
    [InlineData(new byte[] { 0xFF, 0xFE }, null)]
    [InlineData(new byte[0], null)]
    [InlineData(null, null)]
    public void A_record_key_is_the_tasks_key_when_it_is_text(byte[]? key, string? text) => KeyBytes.Text(key).ShouldBe(text);

    [Fact]
    public void Of_headers_with_one_name_the_last_counts_and_what_is_no_text_is_not_there()
    {
        var headers = new Headers { { "a", "1"u8.ToArray() }, { "a", "2"u8.ToArray() }, { "b", [0xC3, 0x28] }, { "c", null } };

        KafkaHeaders.Read(headers, "a").ShouldBe("2");
        KafkaHeaders.Read(headers, "b").ShouldBeNull();
        KafkaHeaders.Read(headers, "c").ShouldBeNull();
        KafkaHeaders.Read(null, "a").ShouldBeNull();
    }

    [Fact]
    public void A_flood_of_headers_is_cut_and_the_trace_and_ours_go_on()
    {
        var source = new Headers();
        for (var i = 0; i < 500; i++)
        {
            source.Add($"x-{i}", new byte[1000]);
        }
        source.Add(TaskHeaders.Attempt, "9"u8.ToArray());
        source.Add(TaskHeaders.TraceParent, "mine"u8.ToArray());

        var onward = KafkaHeaders.Onward(source, [new(TaskHeaders.Attempt, "2")], new TraceParent(new Random(1)));

        onward.Count.ShouldBeLessThanOrEqualTo(KafkaHeaders.MaxHeaders);
        onward.Sum(header => header.Key.Length + header.GetValueBytes().Length).ShouldBeLessThanOrEqualTo(KafkaHeaders.MaxBytes + 100);
        KafkaHeaders.Read(onward, TaskHeaders.Attempt).ShouldBe("2");
        KafkaHeaders.Read(onward, TaskHeaders.TraceParent).ShouldBe("mine");
    }

    private static string[] Broken(string topic, params (string Name, string Value)[] config) =>
        [.. TopicRules.Broken(topic, Names, config.ToDictionary(entry => entry.Name, entry => entry.Value))];

    private static ConsumeResult<byte[]?, byte[]?> Record(DateTimeOffset written, DateTimeOffset due) => Record(written, TaskHeaders.Format(due));

    private static ConsumeResult<byte[]?, byte[]?> Record(DateTimeOffset written, string? due)
    {
        var headers = new Headers();
        if (due is not null)
        {
            headers.Add(TaskHeaders.DueAt, Encoding.UTF8.GetBytes(due));
        }
        return new() { Message = new() { Headers = headers, Timestamp = new Timestamp(written) } };
    }
}
