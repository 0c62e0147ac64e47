using Consumers.Core;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Kafka;

/// <summary>Topics that are missing, or are not as they should be, at the start.</summary>
public sealed class TopicCheckTests
{
    [Fact]
    public async Task Without_its_topics_and_the_right_to_make_them_nothing_is_consumed_and_the_state_names_them()
    {
        await using var fleet = await KafkaFleet.CreateAsync();
        var instance = await fleet.StartAsync(kafka: options => (options.CreateTopics, options.WorkTopic) = (false, $"{fleet.Broker.Prefix}-other"), waits: false);

        await Eventually.TrueAsync(
            () => new ValueTask<bool>(StateOf(instance).Description.Contains($"Missing topics: '{fleet.Broker.Prefix}-other' (2 partitions)", StringComparison.Ordinal)), () => StateOf(instance).Description);
    }

    [Fact]
    public async Task Topics_with_other_partitions_than_configured_work_and_are_named()
    {
        await using var fleet = await KafkaFleet.CreateAsync(partitions: 2);
        var instance = await fleet.StartAsync(kafka: options => options.Partitions = 5);
        var task = await instance.PublishAsync("ok");
        await instance.ReachesAsync(task.Id, TaskState.Completed);

        await Eventually.TrueAsync(
            () => StateOf(instance) is { Health: DependencyHealth.Degraded } state
                && state.Description.Contains($"'{fleet.Broker.WorkTopic}' has 2 partitions, 5 are configured", StringComparison.Ordinal),
            "the state names it");
    }

    [Theory]
    [InlineData("retention.ms", "1000", "has retention.ms=1000, but a retry waits in it for up to")]
    [InlineData("cleanup.policy", "compact", "has cleanup.policy=compact")]
    public async Task A_retry_topic_in_which_tasks_would_vanish_is_refused_by_name_and_nothing_is_consumed(string setting, string value, string says)
    {
        await using var fleet = await KafkaFleet.CreateAsync();
        var topic = $"{fleet.Broker.RetryPrefix}-400ms";
        await fleet.Broker.ConfigureTopicAsync(topic, setting, value);
        await fleet.Broker.PublishAsync(KafkaFleet.Recorded(1));

        var instance = await fleet.StartAsync(waits: false);

        await Eventually.TrueAsync(() => new ValueTask<bool>(StateOf(instance).Description.Contains($"'{topic}' {says}", StringComparison.Ordinal)), () => StateOf(instance).Description);
        StateOf(instance).Health.ShouldBe(DependencyHealth.Down);
        fleet.Recording.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_dead_letter_topic_that_takes_smaller_records_than_the_work_topic_is_named()
    {
        await using var fleet = await KafkaFleet.CreateAsync();
        await fleet.Broker.ConfigureTopicAsync(fleet.Broker.DeadLetterTopic, "max.message.bytes", "1000");

        var instance = await fleet.StartAsync();

        await Eventually.TrueAsync(() => new ValueTask<bool>(StateOf(instance).Description.Contains($"'{fleet.Broker.DeadLetterTopic}' has max.message.bytes=1000", StringComparison.Ordinal)), () => StateOf(instance).Description);
        StateOf(instance).Health.ShouldBe(DependencyHealth.Degraded);
    }

    private static DependencyState StateOf(TestFleet instance) => instance.Services.GetServices<IDependency>().Single(dependency => dependency.State.Name == "Kafka").State;
}
