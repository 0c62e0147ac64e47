using System.Text;
using Consumers.Tests.Fixtures;
using Microsoft.AspNetCore.Http;

namespace Consumers.Tests.EndToEnd;

public sealed class BuiltInHandlerTests
{
    [Fact]
    public async Task A_service_in_any_language_does_the_work_and_the_report_counts_it()
    {
        await using var worker = await HttpWorker.StartAsync();
        worker.Answer = (context, _) => context.Request.Headers["X-Task-Attempt"] == "1" ? Refuse(context, 503, "come back") : Task.CompletedTask;
        await using var refuser = await HttpWorker.StartAsync();
        refuser.Answer = (context, _) => Refuse(context, 422, "no such customer");
        await using var fleet = await Fleet.CreateAsync();
        var host = await fleet.StartAsync(
            "consumer-1",
            new("Consumers__Http__Endpoints__worker__Url", $"{worker.Url}/tasks"),
            new("Consumers__Http__Endpoints__worker__Headers__Authorization", "Bearer secret-canary"),
            new("Consumers__Http__Endpoints__refuser__Url", refuser.Url),
            new("Logging__LogLevel__Default", "Trace"));

        await PublishAsync("--type", "http", "--id", "posted", "--payload", """{"endpoint":"worker","body":{"order":42}}""");
        await PublishAsync("--type", "http.refuser", "--id", "refused", "--payload", """{"order":43}""");
        await Fleet.QuiesceAsync(host, 2);
        await PublishAsync("--type", "report", "--id", "the-report", "--payload", """{"name":"daily"}""");
        await Fleet.QuiesceAsync(host, 3);

        var posted = (await Fleet.FindAsync(host, "posted")).ShouldNotBeNull();
        posted.GetProperty("status").GetString().ShouldBe("COMPLETED");
        posted.GetProperty("attempts").GetArrayLength().ShouldBe(2);
        posted.GetProperty("attempts")[0].GetProperty("error").GetString().ShouldBe("worker answered 503: come back");
        worker.Posted.Select(of => (of.What, Encoding.UTF8.GetString(of.Body), of.Headers["Idempotency-Key"], of.Headers["X-Task-Attempt"], of.Headers["Authorization"])).ShouldBe(
        [
            ("POST /tasks", """{"order":42}""", "posted", "1", "Bearer secret-canary"),
            ("POST /tasks", """{"order":42}""", "posted", "2", "Bearer secret-canary"),
        ]);
        // Both attempts are in the trace that the publisher began.
        worker.Posted.Select(of => of.Headers["traceparent"].Split('-')[1]).Distinct().ShouldHaveSingleItem();
        var refused = (await Fleet.FindAsync(host, "refused")).ShouldNotBeNull();
        refused.GetProperty("status").GetString().ShouldBe("FAILED");
        refused.GetProperty("errorMessage").GetString().ShouldBe("refuser answered 422: no such customer");
        Encoding.UTF8.GetString(refuser.Posted.ShouldHaveSingleItem().Body).ShouldBe("""{"order":43}""");
        var lines = await File.ReadAllLinesAsync(fleet.Folder.File("data/reports/daily.csv"));
        lines.ShouldContain(line => line.StartsWith("rabbit,http,COMPLETED,1,2,1,", StringComparison.Ordinal));
        lines.ShouldContain(line => line.StartsWith("rabbit,http.refuser,FAILED,1,1,0,", StringComparison.Ordinal));
        lines.ShouldContain("rabbit,report,PROCESSING,1,0,0,,");
        host.Output.ShouldNotContain("secret-canary");

        async Task PublishAsync(params string[] task)
        {
            var (exit, _, error) = await HostProcess.RunAsync(["publish", "rabbit", .. task], fleet.Environment, fleet.Folder);
            exit.ShouldBe(0, error);
        }
    }

    [Fact]
    public async Task A_wrong_endpoint_stops_the_start_by_name_and_is_not_shown()
    {
        using var folder = new TempFolder();

        var (exit, _, error) = await HostProcess.RunAsync(
            ["run", "--urls", "http://127.0.0.1:0"],
            [
                new("RABBITMQ_URL", "embedded"),
                new("Consumers__Http__Endpoints__worker__Url", "http://user:secret-canary@127.0.0.1/"),
                new("Consumers__Http__Endpoints__bare", "http://127.0.0.1/"),
                new("Consumers__Report__Folder", " "),
            ],
            folder);

        exit.ShouldBe(2, error);
        error.ShouldContain("Consumers:Http:Endpoints:worker:Url");
        error.ShouldContain("Consumers:Http:Endpoints:bare");
        error.ShouldContain("Consumers:Report:Folder");
        error.ShouldNotContain("secret-canary");
    }

    private static Task Refuse(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(text);
    }
}
