using System.Net;
using System.Text;
using System.Text.Json;
using Consumers.Tests.Fixtures;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Consumers.Tests.Faults;

/// <summary>A broker that is there, and will not: an alarm, a full queue, a user who may no longer.</summary>
public sealed class BrokerFaultTests(BrokerNode broker) : IClassFixture<BrokerNode>
{
    private const string Canary = "secret-canary-9417";

    [Fact]
    public async Task While_the_broker_is_short_of_memory_tasks_are_kept_and_it_says_so()
    {
        await broker.ReadyAsync();
        using var folder = new TempFolder();
        await using var host = await StartAsync("guest", "guest", folder);
        await broker.ControlAsync("set_vm_memory_high_watermark", "0.000001");
        try
        {
            await Eventually.TrueAsync(
                async () =>
                {
                    // A connection is told when it publishes.
                    await PostAsync(host, $"alarm-{Guid.NewGuid():N}");
                    return (await ReadyTextAsync(host)).Contains("memory", StringComparison.OrdinalIgnoreCase);
                },
                () => "it says that the broker is short of memory",
                TimeSpan.FromSeconds(30));
            await PostAsync(host, "kept");
            (await StatusOfAsync(host, "kept")).ShouldBe("QUEUED");
        }
        finally
        {
            await broker.ControlAsync("set_vm_memory_high_watermark", "0.6");
        }

        await Eventually.TrueAsync(async () => await StatusOfAsync(host, "kept") == "COMPLETED", "it is published and done when the alarm is over");
    }

    [Fact]
    public async Task The_doctor_tells_of_an_alarm()
    {
        await broker.ReadyAsync();
        using var folder = new TempFolder();
        await broker.ControlAsync("set_vm_memory_high_watermark", "0.000001");
        try
        {
            await Eventually.TrueAsync(
                async () => (await Doctor.Visit.PayAsync(folder, ("Consumers:Rabbit:Enabled", "true"), ("RABBITMQ_URL", broker.Url.OriginalString))).Status("rabbit.alarms") == "fail",
                "the doctor tells that the broker takes no messages",
                // The broker looks at its memory when it likes, and each visit waits for what it says.
                TimeSpan.FromSeconds(90));
        }
        finally
        {
            await broker.ControlAsync("set_vm_memory_high_watermark", "0.6");
        }
    }

    [Fact]
    public async Task A_user_whose_password_changed_is_said_so_is_not_hammered_with_and_is_not_logged()
    {
        await broker.ReadyAsync();
        var user = $"worker-{Guid.NewGuid():N}"[..14];
        await broker.ControlAsync("add_user", user, Canary);
        await broker.ControlAsync("set_permissions", user, ".*", ".*", ".*");
        using var folder = new TempFolder();
        await using var host = await StartAsync(user, Canary, folder);

        await broker.ControlAsync("change_password", user, "another");
        await broker.ControlAsync("close_all_user_connections", user, "credentials were withdrawn");
        await Eventually.TrueAsync(async () => (await ReadyTextAsync(host)).Contains("refused the user name or password", StringComparison.Ordinal), "it says why");
        await Eventually.TrueAsync(() => Tries(host) >= 4, "it tries again");
        var since = TimeProvider.System.GetTimestamp();
        var tries = Tries(host);
        await Eventually.TrueAsync(() => TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromSeconds(5), "some time passes");
        (Tries(host) - tries).ShouldBeLessThanOrEqualTo(15, "three connections, each with a growing wait");

        if (LongTests.AreOn)
        {
            // A refusal is tried again about once a minute.
            await broker.ControlAsync("change_password", user, Canary);
            await PostAsync(host, "afterwards");
            await Eventually.TrueAsync(async () => await StatusOfAsync(host, "afterwards") == "COMPLETED", "it recovers by itself", TimeSpan.FromSeconds(150));
        }
        host.Output.ShouldNotContain(Canary);
        (await ReadyTextAsync(host)).ShouldNotContain(Canary);
    }

    [Fact]
    public async Task A_task_that_the_broker_thinks_has_taken_too_long_comes_again_and_is_not_run_again()
    {
        await broker.ReadyAsync();
        await broker.ControlAsync("eval", "application:set_env(rabbit, consumer_timeout, 2000), application:set_env(rabbit, channel_tick_interval, 500).");
        try
        {
            using var folder = new TempFolder();
            await using var host = await StartAsync("guest", "guest", folder, "patience");
            await PostAsync(host, "slow", milliseconds: 8000);
            await Eventually.TrueAsync(() => new ValueTask<bool>(host.Output.Contains("406", StringComparison.Ordinal)), () => $"the broker has closed the channel. {host.Output}", TimeSpan.FromSeconds(60));
            await PostAsync(host, "quick");

            await Eventually.TrueAsync(async () => await StatusOfAsync(host, "quick") == "COMPLETED", "work goes on", TimeSpan.FromSeconds(60));
            await Eventually.TrueAsync(async () => await StatusOfAsync(host, "slow") == "COMPLETED", "it ends all the same", TimeSpan.FromSeconds(60));
            (await EndToEnd.Fleet.FindAsync(host, "slow")).ShouldNotBeNull().GetProperty("attempts").GetArrayLength().ShouldBe(1);
            (await host.TerminateAsync()).ShouldBe(0);
        }
        finally
        {
            await broker.ControlAsync("eval", "application:set_env(rabbit, consumer_timeout, 1800000), application:set_env(rabbit, channel_tick_interval, 60000).");
        }
    }

    [Fact]
    public async Task A_queue_that_is_full_is_reported_by_the_command_line_as_so_many_of_so_many()
    {
        await broker.ReadyAsync();
        using var folder = new TempFolder();
        await using (var host = await StartAsync("guest", "guest", folder, "full"))
        {
            (await host.TerminateAsync()).ShouldBe(0);
        }
        await broker.ControlAsync("set_policy", "--apply-to", "queues", "full", "^full-work$", """{"max-length":20}""");

        var (exit, output, error) = await HostProcess.RunAsync(
            ["publish", "rabbit", "--type", "sleep", "--payload", """{"complexityMs":1}""", "--count", "5000", "--json"], Environment("guest", "guest", "full"), folder);

        exit.ShouldBe(1, error);
        var report = JsonSerializer.Deserialize<JsonElement>(output);
        var (confirmed, failed) = (report.GetProperty("confirmed").GetInt32(), report.GetProperty("failed").GetInt32());
        confirmed.ShouldBeInRange(20, 4999);
        (confirmed + failed).ShouldBe(5000, output);
    }

    [Fact]
    public async Task While_retry_and_dead_letter_queues_are_gone_and_cannot_be_made_nothing_is_lost()
    {
        await broker.ReadyAsync();
        var away = LongTests.AreOn ? TimeSpan.FromSeconds(30) : TimeSpan.FromSeconds(3);
        using var folder = new TempFolder();
        await using var host = await HostProcess.StartAsync("consumer-1", Environment("guest", "guest", "absent").Concat(
        [
            new("Consumers__Rabbit__DeadLetterExchange", "absent-dead-exchange"), new("Consumers__Rabbit__DeadLetterQueue", "absent-dead"), new("Consumers__DeadLetters__Archive", "false"),
            new("Consumers__Retry__Base", "00:00:00.100"), new("Consumers__Retry__Cap", "00:00:00.100"), new("Consumers__History__Folder", folder.File("history")),
        ]), folder);
        await PostAsync(host, "first", """{"steps":["retry","ok"]}""");
        await Eventually.TrueAsync(async () => await StatusOfAsync(host, "first") == "COMPLETED", "all queues are in use");
        await using var connection = await new ConnectionFactory { Uri = broker.Url }.CreateConnectionAsync(TestContext.Current.CancellationToken);
        await using (var channel = await connection.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken))
        {
            // A queue that is missing is made again at once, unless the broker takes no more of them.
            await broker.ControlAsync("set_vhost_limits", """{"max-queues":0}""");
            await channel.QueueDeleteAsync("absent-retry.100ms", cancellationToken: TestContext.Current.CancellationToken);
            await channel.QueueDeleteAsync("absent-dead", cancellationToken: TestContext.Current.CancellationToken);
        }
        var since = TimeProvider.System.GetTimestamp();
        var count = 0;
        while (TimeProvider.System.GetElapsedTime(since) < away)
        {
            await PostAsync(host, $"again-{count}", """{"steps":["retry","ok"]}""");
            await PostAsync(host, $"never-{count++}", """{"steps":["fail"]}""");
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, TestContext.Current.CancellationToken);
        }
        (await MessagesAsync(connection, "absent-retry.100ms")).ShouldBeNull("it is gone all the time");
        (await MessagesAsync(connection, "absent-dead")).ShouldBeNull("it is gone all the time");

        await broker.ControlAsync("clear_vhost_limits");
        since = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            var (again, never) = ("", "");
            await Eventually.TrueAsync(
                async () => (again = await StatusOfAsync(host, $"again-{i}")) == "COMPLETED" && (never = await StatusOfAsync(host, $"never-{i}")) == "FAILED",
                () => $"the tasks of round {i} end; they are {again} and {never}. {host.Output}", TimeSpan.FromSeconds(120));
        }
        await Eventually.TrueAsync(async () => await MessagesAsync(connection, "absent-dead") == count, $"all {count} dead letters are there", TimeSpan.FromSeconds(60));
        TestContext.Current.TestOutputHelper?.WriteLine($"gone for {away.TotalSeconds:0} s: {count} retries and {count} dead letters, lost 0, all there {TimeProvider.System.GetElapsedTime(since).TotalSeconds:0.0} s after queues could be made again");
        for (var i = 0; i < count; i++)
        {
            (await EndToEnd.Fleet.FindAsync(host, $"again-{i}")).ShouldNotBeNull().GetProperty("attempts").GetArrayLength().ShouldBe(2);
            (await EndToEnd.Fleet.FindAsync(host, $"never-{i}")).ShouldNotBeNull().GetProperty("attempts").GetArrayLength().ShouldBe(1);
        }
    }

    /// <summary>Null when there is no such queue.</summary>
    private static async Task<uint?> MessagesAsync(IConnection connection, string queue)
    {
        await using var channel = await connection.CreateChannelAsync();
        try
        {
            return await channel.MessageCountAsync(queue);
        }
        catch (OperationInterruptedException)
        {
            return null;
        }
    }

    private Task<HostProcess> StartAsync(string user, string password, TempFolder folder, string prefix = "own") =>
        HostProcess.StartAsync("consumer-1", Environment(user, password, prefix), folder);

    private IEnumerable<KeyValuePair<string, string>> Environment(string user, string password, string prefix) =>
    [
        new("RABBITMQ_URL", broker.UrlFor(user, password).ToString()),
        new("Consumers__Rabbit__WorkQueue", $"{prefix}-work"),
        new("Consumers__Rabbit__Exchange", $"{prefix}-exchange"),
        new("Consumers__Rabbit__RetryQueuePrefix", $"{prefix}-retry"),
        new("Consumers__Rabbit__PublishWait", "00:00:01"),
        new("Logging__LogLevel__Default", "Warning"),
    ];

    /// <summary>Lines that announce the next try.</summary>
    private static int Tries(HostProcess host) => host.Output.Split("Next try in").Length - 1;

    private static Task PostAsync(HostProcess host, string id, int milliseconds = 1) => PostAsync(host, id, $$"""{"complexityMs":{{milliseconds}}}""", "sleep");

    private static async Task PostAsync(HostProcess host, string id, string payload, string type = "probe")
    {
        using var content = new StringContent($$$"""{"id":"{{{id}}}","type":"{{{type}}}","payload":{{{payload}}}}""", Encoding.UTF8, "application/json");
        using var answer = await host.Http.PostAsync(new Uri("/api/rabbit/tasks", UriKind.Relative), content);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    private static async Task<string> ReadyTextAsync(HostProcess host)
    {
        using var answer = await host.Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task<string?> StatusOfAsync(HostProcess host, string id) =>
        (await EndToEnd.Fleet.FindAsync(host, id))?.GetProperty("status").GetString();
}
