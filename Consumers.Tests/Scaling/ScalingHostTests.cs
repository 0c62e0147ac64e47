using System.Net;
using System.Text.Json;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Consumers.Core;
using Consumers.Scaling;
using Consumers.Tests.Fixtures;
using Consumers.Tests.Host;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Consumers.Tests.Scaling;

/// <summary>The module in the host: its API, its pages, its switch, its options. Embedded: the same host without a broker.</summary>
public sealed class ScalingHostTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private readonly HostUnderTest _host = shared.Host;

    [Fact]
    public async Task A_task_is_accepted_runs_and_its_status_is_known_without_a_row()
    {
        var response = await _host.PostAsync("/api/scaling/tasks", """{"type":"sleep","payload":{"complexityMs":1}}""");

        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var id = (await HostUnderTest.JsonOf(response)).GetProperty("id").GetString()!;
        response.Headers.Location!.ToString().ShouldBe($"/api/scaling/tasks/{id}");
        await StatusAsync(id, "COMPLETED");
        (await _host.JsonAsync($"/api/scaling/tasks/{id}")).GetProperty("module").GetString().ShouldBe("scaling");
        (await _host.JsonAsync("/api/scaling/tasks")).GetProperty("items").GetArrayLength().ShouldBe(0, "nothing is written to the ledger");
        (await _host.GetAsync("/api/scaling/tasks/never-heard-of")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_is_wrong_is_refused_and_the_rest_of_a_batch_accepted()
    {
        (await _host.PostAsync("/api/scaling/tasks", """{"payload":{}}""")).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);

        var batch = await _host.PostAsync("/api/scaling/tasks/batch", """[{"type":"sleep","payload":{"complexityMs":1}},{"typ":"sleep"},{"type":"sleep","payload":{"complexityMs":1}}]""");

        batch.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var answer = await HostUnderTest.JsonOf(batch);
        answer.GetProperty("accepted").GetInt32().ShouldBe(2);
        answer.GetProperty("rejected").EnumerateArray().ShouldHaveSingleItem().GetProperty("index").GetInt32().ShouldBe(1);
        foreach (var id in answer.GetProperty("ids").EnumerateArray())
        {
            await StatusAsync(id.GetString()!, "COMPLETED");
        }
    }

    [Fact]
    public async Task What_ends_is_counted_once_and_shows_in_the_stats_and_the_fleet()
    {
        await using var host = await HostUnderTest.StartAsync();
        await host.PostAsync("/api/scaling/tasks/batch", """[{"type":"sleep","payload":{"complexityMs":1}},{"type":"flaky","payload":{"failTimes":1}},{"type":"flaky","payload":{"mode":"permanent","reason":"on purpose"}}]""");

        JsonElement stats = default;
        await Eventually.TrueAsync(
            async () => (stats = await host.JsonAsync("/api/scaling/stats")).GetProperty("completed").GetInt64() == 2 && stats.GetProperty("failed").GetInt64() == 1,
            () => $"two are completed and one failed: {stats}");
        var own = stats.GetProperty("counters").EnumerateObject().ShouldHaveSingleItem().Value;
        (own.GetProperty("processed").GetInt64(), own.GetProperty("failed").GetInt64(), own.GetProperty("retried").GetInt64(), own.GetProperty("dead").GetInt64()).ShouldBe((2, 1, 1, 1));
        // On its way to the archive it is seen in both places, or in none.
        await Eventually.TrueAsync(async () => (await host.JsonAsync("/api/scaling/stats")).GetProperty("dead").GetInt64() == 1, "one dead letter is there");
        await Eventually.TrueAsync(async () => (await host.JsonAsync("/api/scaling/stats")).GetProperty("sharing").GetProperty("instances").GetArrayLength() == 1, "the instance is listed");
        var fleet = await host.JsonAsync("/api/fleet");
        fleet.GetProperty("scaling").GetProperty("fairness").GetString()!.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task The_page_shows_the_module_and_its_form_publishes()
    {
        using var browser = _host.Client(cookies: true);
        var page = await PageAsync(browser, "/scaling");
        page.QuerySelectorAll(".tile dt").Select(tile => tile.TextContent).ShouldBe(["Queue", "Backlog", "Coming in", "Getting done", "Time to drain", "Fairness"]);
        var form = page.QuerySelector<IHtmlFormElement>("form.publish")!;
        form.GetAttribute("action").ShouldBe("/scaling");
        page.QuerySelector("form[action='/pausing/scaling'] button")!.TextContent.ShouldBe("Pause scaling…");
        var token = form.QuerySelector<IHtmlInputElement>("input[name=__RequestVerificationToken]")!.Value;

        using var fields = new FormUrlEncodedContent([new("Form.Type", "sleep"), new("Form.Payload", """{"complexityMs":1}"""), new("Form.Count", "4"), new("__RequestVerificationToken", token)]);
        var posted = await browser.PostAsync(new Uri("/scaling", UriKind.Relative), fields, TestContext.Current.CancellationToken);

        posted.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await PageAsync(browser, "/scaling")).QuerySelector("[role=status].sentence")!.TextContent.ShouldBe("Accepted 4 tasks of type sleep: confirmed by the broker, and in the queue.");
    }

    [Fact]
    public async Task The_instances_page_shows_this_one_and_its_last_error()
    {
        await using var host = await HostUnderTest.StartAsync();
        await host.PostAsync("/api/scaling/tasks", """{"type":"flaky","payload":{"mode":"permanent","reason":"the printer is on fire"}}""");
        IElement? row = null;
        await Eventually.TrueAsync(
            async () => (row = (await PageAsync(host.Http, "/instances")).QuerySelector("#all-instances tbody tr"))?.TextContent is { } text
                && text.Contains("the printer is on fire", StringComparison.Ordinal) && text.Contains("rabbit, scaling", StringComparison.Ordinal),
            () => $"the last error and the modules are there: {row?.TextContent}");

        row!.QuerySelector("th")!.TextContent.ShouldContain("this one");
        row.QuerySelector("[data-label=State]")!.TextContent.ShouldBe("● running");
    }

    [Fact]
    public async Task Switched_off_it_has_no_page_no_api_and_no_place_in_the_menu()
    {
        await using var host = await HostUnderTest.StartAsync(("Consumers:Scaling:Enabled", "false"));

        (await host.GetAsync("/api/scaling/stats")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await host.GetAsync("/scaling")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await PageAsync(host.Http, "/")).QuerySelectorAll("header nav a").Select(link => link.TextContent).ShouldBe(["Fleet", "Rabbit", "Instances", "Tasks", "Dead letters", "Operations", "Audit"]);
    }

    [Fact]
    public async Task While_redis_is_away_what_it_knows_is_unknown_and_the_work_goes_on()
    {
        await using var redis = RedisServer.Stopped();
        await using var host = await HostUnderTest.StartAsync(("REDIS_URL", redis.Url.ToString()));

        var accepted = await host.PostAsync("/api/scaling/tasks", """{"type":"sleep","payload":{"complexityMs":1}}""");
        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var id = (await HostUnderTest.JsonOf(accepted)).GetProperty("id").GetString();
        await Eventually.TrueAsync(async () => (await host.JsonAsync("/api/scaling/stats")).GetProperty("instance").GetProperty("completed").GetInt64() == 1, "it runs without its guard");
        (await host.GetAsync($"/api/scaling/tasks/{id}")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, "unknown is not absent");
        var stats = await host.JsonAsync("/api/scaling/stats");
        stats.GetProperty("completed").ValueKind.ShouldBe(JsonValueKind.Null, "unknown is not zero");
        var page = await PageAsync(host.Http, "/scaling");
        page.Body!.TextContent.ShouldContain("Counts of this instance are behind");
        var sentence = page.QuerySelector("#sharing .sentence")!;
        (sentence.ClassList.Contains("warn"), sentence.TextContent).ShouldBe((true, "Nobody knows which instances run; nothing waits."));
        page.Body.TextContent.ShouldContain("Add one: ./scripts/run.sh --instance NAME");
        (await PageAsync(host.Http, "/instances")).QuerySelector(".sentence.warn")!.TextContent.ShouldContain("unknown");

        await redis.StartAgainAsync();
        await Eventually.TrueAsync(
            async () => (await host.JsonAsync("/api/scaling/stats")).GetProperty("completed") is { ValueKind: JsonValueKind.Number } completed && completed.GetInt64() == 1,
            "the count catches up");
        await Eventually.TrueAsync(async () => (await host.GetAsync($"/api/scaling/tasks/{id}")).StatusCode == HttpStatusCode.OK, "the status as well");
    }

    [Theory]
    [InlineData("by-option", null, "by-option")]
    [InlineData("by-option", "by-id", "by-id")]
    [InlineData(null, null, "by-all")]
    public void The_instance_is_named_by_the_id_then_by_the_module_then_by_the_shared_option(string? option, string? id, string expected)
    {
        using var services = Services(("Consumers:Scaling:ConsumerInstanceName", option), ("CONSUMER_ID", id), ("Consumers:InstanceName", "by-all"));

        services.GetRequiredService<InstanceIdentity>().Name.ShouldBe(expected);
    }

    [Fact]
    public void Wrong_options_are_all_named_by_the_section_of_the_module()
    {
        using var services = Services(("Consumers:Scaling:ConsumerInstanceName", "no spaces"), ("Consumers:Scaling:Prefetch", "-1"), ("Consumers:Scaling:MaxConcurrency", "65"), ("RABBITMQ_URL", "http://wrong"));

        var failures = Should.Throw<OptionsValidationException>(() => services.GetRequiredService<IOptions<ScalingOptions>>().Value).Failures.ToArray();

        failures.ShouldAllBe(failure => failure.StartsWith("Consumers:Scaling:", StringComparison.Ordinal));
        foreach (var option in (string[])["ConsumerInstanceName", "Prefetch", "Lanes", "Url"])
        {
            failures.ShouldContain(failure => failure.StartsWith($"Consumers:Scaling:{option} ", StringComparison.Ordinal), option);
        }
    }

    [Fact]
    public void The_defaults_are_those_of_the_design()
    {
        using var services = Services();
        var options = services.GetRequiredService<IOptions<ScalingOptions>>().Value;

        (options.WorkQueue, options.RetryQueuePrefix, options.DeadLetterQueue).ShouldBe(("task.queue", "task.queue.retry", "task.queue.dead"));
        (options.Prefetch, options.Lanes, options.MaxConcurrency).ShouldBe((1, 0, 3));
        (options.Record, options.Guard, options.GuardAway).ShouldBe((RecordMode.None, GuardMode.Redis, GuardAway.Continue));
    }

    private static ServiceProvider Services(params (string Name, string? Value)[] settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(setting => setting.Name, setting => setting.Value)).Build());
        services.AddLogging();
        services.AddTaskConsumers().AddScaling().AddScaling();
        return services.BuildServiceProvider();
    }

    private Task StatusAsync(string id, string status) => Eventually.TrueAsync(
        async () => await _host.GetAsync($"/api/scaling/tasks/{id}") is { StatusCode: HttpStatusCode.OK } answer && (await HostUnderTest.JsonOf(answer)).GetProperty("status").GetString() == status,
        $"task {id} is {status}");

    private static async Task<IHtmlDocument> PageAsync(HttpClient http, string path) =>
        new HtmlParser().ParseDocument(await http.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken));
}
