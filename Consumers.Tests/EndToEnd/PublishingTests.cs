using System.Text.Json;
using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.EndToEnd;

public sealed class PublishingTests
{
    [Fact]
    public async Task What_any_amqp_client_publishes_is_seen_completed_through_the_api()
    {
        await using var fleet = await Fleet.CreateAsync();
        var host = await fleet.StartAsync("consumer-1");
        await fleet.Broker.PublishAsync("""{"id":"from-any-client","type":"sleep","payload":{"complexityMs":5},"key":"customer-42"}"""u8.ToArray(), messageId: null);

        await Fleet.QuiesceAsync(host, 1);

        var task = (await Fleet.FindAsync(host, "from-any-client")).ShouldNotBeNull();
        task.GetProperty("status").GetString().ShouldBe("COMPLETED");
        task.GetProperty("module").GetString().ShouldBe("rabbit");
        task.GetProperty("workerId").GetString().ShouldBe("consumer-1");
        task.GetProperty("key").GetString().ShouldBe("customer-42");
        task.GetProperty("attempts").GetArrayLength().ShouldBe(1);
        (await Fleet.FindAsync(host, "unheard-of")).ShouldBeNull();
    }

    [Fact]
    public async Task Another_task_under_an_id_that_is_taken_is_no_duplicate_of_it_and_is_dead_lettered_as_it_came()
    {
        await using var fleet = await Fleet.CreateAsync();
        var host = await fleet.StartAsync("consumer-1");
        var other = """{"id":"taken","type":"sleep","payload":{"complexityMs":6}}"""u8.ToArray();
        await fleet.Broker.PublishAsync("""{"id":"taken","type":"sleep","payload":{"complexityMs":5}}"""u8.ToArray(), messageId: null);
        await Fleet.QuiesceAsync(host, 1);

        await fleet.Broker.PublishAsync("""{"id":"taken","type":"sleep","payload":{"complexityMs":5}}"""u8.ToArray(), messageId: null);
        await fleet.Broker.PublishAsync(other, messageId: null);

        await Eventually.TrueAsync(() => fleet.Broker.DeadLetters.Count > 0, "the other one is dead-lettered");
        var dead = fleet.Broker.DeadLetters.ShouldHaveSingleItem("the same task once more is a duplicate");
        dead.Body.ToArray().ShouldBe(other);
        dead.Headers[TaskHeaders.LastError].ShouldStartWith("id-conflict: another task has the id taken");
        var stats = await Fleet.QuiesceAsync(host, 1);
        Fleet.Of(stats, "completed").ShouldBe(1);
        (await Fleet.FindAsync(host, "taken")).ShouldNotBeNull().GetProperty("attempts").GetArrayLength().ShouldBe(1, "only the first one ran");
    }

    [Fact]
    public async Task One_task_that_is_published_ten_times_at_once_to_three_instances_runs_once()
    {
        await using var fleet = await Fleet.CreateAsync();
        var hosts = await Task.WhenAll(Enumerable.Range(1, 3).Select(n => fleet.StartAsync($"consumer-{n}")));
        var task = Fleet.Sleep(300);
        var body = TaskMessageCodec.Encode(task);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => fleet.Broker.PublishAsync(body, task.Id)));

        await Fleet.QuiesceAsync(hosts[0], 1);
        (await Fleet.FindAsync(hosts[0], task.Id)).ShouldNotBeNull().GetProperty("attempts").GetArrayLength().ShouldBe(1);
        var duplicates = 0L;
        await Eventually.TrueAsync(
            async () => (duplicates = (await Task.WhenAll(hosts.Select(host => Fleet.StatsAsync(host)))).Sum(stats => stats.GetProperty("instance").GetProperty("duplicates").GetInt64())) == 9,
            () => $"nine are known for duplicates; {duplicates} are so far");
        (await fleet.Broker.ReadyAsync(fleet.Broker.WorkQueue)).ShouldBe(0u);
    }

    [Fact]
    public async Task A_thousand_tasks_from_the_command_line_are_each_in_the_ledger_with_their_outcome()
    {
        await using var fleet = await Fleet.CreateAsync();
        var host = await fleet.StartAsync("consumer-1");

        var (exit, output, error) = await HostProcess.RunAsync(
            ["publish", "rabbit", "--type", "sleep", "--payload", """{"complexityMs":1}""", "--count", "1000", "--json"], fleet.Environment, fleet.Folder);

        exit.ShouldBe(0, error);
        var summary = JsonSerializer.Deserialize<JsonElement>(output);
        summary.GetProperty("confirmed").GetInt32().ShouldBe(1000);
        var stats = await Fleet.QuiesceAsync(host, 1000);
        Fleet.Of(stats, "completed").ShouldBe(1000);
        (await Fleet.FindAsync(host, summary.GetProperty("lastId").GetString()!)).ShouldNotBeNull().GetProperty("status").GetString().ShouldBe("COMPLETED");
    }

    [Fact]
    public async Task Publishing_without_a_broker_fails_with_its_own_exit_code()
    {
        using var folder = new TempFolder();

        var (exit, _, error) = await HostProcess.RunAsync(
            ["publish", "rabbit", "--type", "sleep", "--count", "1"],
            [new("RABBITMQ_URL", $"amqp://someone:secret-canary@127.0.0.1:{FreePort.Take()}/")], folder);

        exit.ShouldBe(3, error);
        error.ShouldContain("RabbitMQ");
        error.ShouldNotContain("secret-canary");
    }
}
