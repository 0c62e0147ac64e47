using System.Text.Json;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Host;

public sealed class PublishFileTests
{
    private static readonly KeyValuePair<string, string>[] Embedded = [new("RABBITMQ_URL", "embedded")];

    [Fact]
    public async Task Every_wrong_line_of_a_file_is_named_and_nothing_is_sent()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("tasks.ndjson"), """
            {"type":"sleep","payload":{"complexityMs":1}}
            {"type":"sleep","payloda":{}}

            {"payload":1}
            not json
            """, TestContext.Current.CancellationToken);

        var (exitCode, output, error) = await CommandLineTests.RunAsync(["publish", "rabbit", "--file", folder.File("tasks.ndjson")]);

        exitCode.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldContain("tasks.ndjson line 2: unknown member 'payloda'. Did you mean 'payload'?");
        error.ShouldContain("line 4: $.type is missing");
        error.ShouldContain("line 5:");
        error.ShouldContain("Nothing was sent");
    }

    [Fact]
    public async Task For_programs_the_refusal_is_one_document()
    {
        using var folder = new TempFolder();

        var (exitCode, output, _) = await HostProcess.RunAsync(["publish", "rabbit", "--file", "-", "--json"], Embedded, folder, """{"type":"email","payloda":{}}""");

        exitCode.ShouldBe(2);
        using var document = JsonDocument.Parse(output);
        document.RootElement.GetProperty("schema").GetString().ShouldBe("consumers.publish/1");
        document.RootElement.GetProperty("sent").GetInt32().ShouldBe(0);
        var error = document.RootElement.GetProperty("errors")[0];
        error.GetProperty("line").GetInt32().ShouldBe(1);
        error.GetProperty("pointer").GetString().ShouldBe("/payloda");
        error.GetProperty("code").GetString().ShouldBe("unknown-member");
    }

    [Fact]
    public async Task A_file_reaches_the_host_whole_and_lines_without_a_type_get_the_one_given()
    {
        using var folder = new TempFolder();
        await using var host = await HostProcess.StartAsync("file-host", Embedded, folder);
        var lines = Enumerable.Range(0, 300).Select(i => i % 2 == 0 ? """{"payload":{"complexityMs":0}}""" : """{"type":"sleep","payload":{"complexityMs":0},"id":"line-""" + i + "\"}");
        await File.WriteAllTextAsync(folder.File("tasks.ndjson"), "\uFEFF" + string.Join("\r\n", lines), TestContext.Current.CancellationToken);

        var (exitCode, output, error) = await HostProcess.RunAsync(
            ["publish", "rabbit", "--type", "sleep", "--file", folder.File("tasks.ndjson"), "--json"],
            [.. Embedded, new("CONSUMERS_URL", host.Http.BaseAddress!.ToString())], folder);

        exitCode.ShouldBe(0, error);
        using var document = JsonDocument.Parse(output);
        document.RootElement.GetProperty("confirmed").GetInt32().ShouldBe(300);
        await Eventually.TrueAsync(async () =>
        {
            using var stats = JsonDocument.Parse(await host.Http.GetStringAsync(new Uri("/api/rabbit/stats", UriKind.Relative), TestContext.Current.CancellationToken));
            return stats.RootElement.GetProperty("completed").GetInt64() == 300;
        }, "all 300 are completed");
    }

    [Fact]
    public async Task With_nobody_there_it_ends_with_3_after_a_bounded_wait_and_says_how_to_go_on()
    {
        using var folder = new TempFolder();

        var (exitCode, _, error) = await HostProcess.RunAsync(
            ["publish", "rabbit", "--type", "sleep", "--count", "5"], [.. Embedded, new("CONSUMERS_URL", $"http://127.0.0.1:{FreePort.Take()}")], folder);

        exitCode.ShouldBe(3);
        error.ShouldContain("does not answer");
        error.ShouldContain("--skip 0");
    }

    [Fact]
    public async Task A_broker_that_is_away_ends_it_with_3_and_the_password_is_not_shown()
    {
        using var folder = new TempFolder();

        var (exitCode, output, error) = await HostProcess.RunAsync(
            ["publish", "rabbit", "--type", "sleep"], [new("RABBITMQ_URL", $"amqp://me:s3cr3t-word@127.0.0.1:{FreePort.Take()}/")], folder);

        exitCode.ShouldBe(3, output + error);
        (output + error).ShouldNotContain("s3cr3t-word");
    }
}
