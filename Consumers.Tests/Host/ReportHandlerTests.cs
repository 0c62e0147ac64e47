using System.Text;
using System.Text.Json;
using Consumers.Core;
using Consumers.Host.Handlers.Report;
using Consumers.Ledger;
using Consumers.Tests.Fixtures;
using Consumers.Tests.Ledger;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Consumers.Tests.Host;

/// <summary>The <c>report</c> handler on a real ledger and a real folder.</summary>
public sealed class ReportHandlerTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly TestLedger _ledger = new();
    private TestInstance _instance = null!;

    private string Reports => _folder.File("reports");

    private string[] Written => Directory.Exists(Reports) ? [.. Directory.EnumerateFileSystemEntries(Reports).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)] : [];

    public async ValueTask InitializeAsync()
    {
        _instance = await _ledger.StartAsync();
        await _instance.SettleAsync(await _instance.BegunAsync("done"), Settlement.Ack.Instance);
        await _instance.Tasks.EnqueueAsync("kafka", [TestInstance.Message("waits", type: "-1+1")], CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _ledger.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_csv_report_has_a_line_for_each_module_type_and_state()
    {
        (await RunAsync("""{"format":"csv","name":"daily"}""")).ShouldBeOfType<TaskOutcome.Succeeded>();

        Written.ShouldBe(["daily.csv"]);
        (await File.ReadAllTextAsync(Path.Combine(Reports, "daily.csv"))).ShouldBe(
            "module,type,status,tasks,attempts,retries,mean_ms,p95_ms\r\n"
            + "kafka,'-1+1,QUEUED,1,0,0,,\r\n"
            + "rabbit,email,COMPLETED,1,1,0,0,0\r\n");
    }

    [Fact]
    public async Task A_json_report_says_of_what_and_when()
    {
        (await RunAsync("""{"format":"json","name":"daily.v2","from":"2026-11-20","to":"2126-11-20T14:00:00+02:00"}""")).ShouldBeOfType<TaskOutcome.Succeeded>();

        var report = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(Path.Combine(Reports, "daily.v2.json")));
        report.GetProperty("generatedAt").GetString().ShouldBe(TaskHeaders.Format(_ledger.Time.GetUtcNow()));
        report.GetProperty("from").GetString().ShouldBe("2026-11-20T00:00:00.000Z");
        report.GetProperty("to").GetString().ShouldBe("2126-11-20T12:00:00.000Z");
        report.GetProperty("tasks")[1].GetRawText().Replace(" ", "", StringComparison.Ordinal).ReplaceLineEndings("")
            .ShouldBe("""{"module":"rabbit","type":"email","status":"COMPLETED","tasks":1,"attempts":1,"retries":0,"meanMs":0,"p95Ms":0}""");
        report.GetProperty("tasks")[0].GetProperty("p95Ms").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_report_becomes_one_file_however_often_it_is_delivered()
    {
        (await RunAsync("{}")).ShouldBeOfType<TaskOutcome.Succeeded>();
        (await RunAsync("{}", attempt: 2)).ShouldBeOfType<TaskOutcome.Succeeded>();
        Written.ShouldHaveSingleItem().ShouldEndWith(".csv");

        (await RunAsync("{}", id: "another")).ShouldBeOfType<TaskOutcome.Succeeded>();
        Written.Length.ShouldBe(2);
    }

    [Theory]
    [InlineData("../daily")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("/tmp/daily")]
    [InlineData("""a\\b""")]
    [InlineData("""a\u0000b""")]
    [InlineData("""a\n""")]
    [InlineData(".hidden")]
    [InlineData("-rf")]
    [InlineData("ä")]
    [InlineData("")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task A_name_is_a_plain_file_name_or_a_permanent_failure(string name)
    {
        (await RunAsync($$"""{"name":"{{name}}"}""")).ShouldBeOfType<TaskOutcome.Permanent>().Reason.ShouldContain("payload.name");

        Written.ShouldBeEmpty();
        Directory.GetFileSystemEntries(_folder.Path).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"format":"xlsx"}""", "payload.format")]
    [InlineData("""{"format":"CSV"}""", "payload.format")]
    [InlineData("""{"from":"yesterday"}""", "payload.from")]
    [InlineData("""{"to":"11/20/2026"}""", "payload.to")]
    [InlineData("""{"from":"2026-11-20","to":"2026-11-20T00:00:00Z"}""", "must be before payload.to")]
    [InlineData("""{"from":1}""", "$.from")]
    public async Task A_payload_that_does_not_fit_is_permanent(string payload, string reason)
    {
        (await RunAsync(payload)).ShouldBeOfType<TaskOutcome.Permanent>().Reason.ShouldContain(reason);

        Written.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_full_disk_is_a_retry_and_leaves_the_report_that_was_there()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full, on which every write finds the disk full");
        (await RunAsync("""{"name":"daily"}""")).ShouldBeOfType<TaskOutcome.Succeeded>();
        var before = await File.ReadAllTextAsync(Path.Combine(Reports, "daily.csv"));

        var full = new ReportFolder(Options.Create(new ReportOptions { Folder = Reports }), _ledger.Time) { OpenAside = _ => new FileStream("/dev/full", FileMode.Open, FileAccess.Write) };
        var outcome = await RunAsync("""{"name":"daily","format":"csv","to":"2000-01-01"}""", folder: full);

        outcome.ShouldBeOfType<TaskOutcome.Retryable>().Reason.ShouldContain("Consumers:Report:Folder");
        Written.ShouldBe(["daily.csv"]);
        (await File.ReadAllTextAsync(Path.Combine(Reports, "daily.csv"))).ShouldBe(before);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_a_retry()
    {
        await File.WriteAllTextAsync(Reports, "a file");

        (await RunAsync("{}")).ShouldBeOfType<TaskOutcome.Retryable>().Reason.ShouldContain(Reports);

        new ReportOptionsValidator().Validate(null, new ReportOptions { Folder = Reports }).FailureMessage!.ShouldContain("Consumers:Report:Folder");
        new ReportOptionsValidator().Validate(null, new ReportOptions { Folder = " " }).Failed.ShouldBeTrue();
        new ReportOptionsValidator().Validate(null, new ReportOptions()).Succeeded.ShouldBeTrue();
    }

    [Fact]
    public async Task Readers_never_see_half_a_report()
    {
        await RunAsync("""{"name":"daily"}""");
        var file = Path.Combine(Reports, "daily.csv");
        var whole = await File.ReadAllTextAsync(file);
        // Grows with every round, so that a file written in place would be seen at a length between.
        var content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(whole, 20_000)));
        var folder = Folder();

        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 20; i++)
            {
                await folder.WriteAsync("daily.csv", i % 2 == 0 ? content : Encoding.UTF8.GetBytes(whole), CancellationToken.None);
            }
        });
        var lengths = new HashSet<long>();
        while (!writing.IsCompleted)
        {
            lengths.Add(new FileInfo(file).Length);
        }
        await writing;

        lengths.ShouldBeSubsetOf([whole.Length, content.Length]);
        Written.ShouldBe(["daily.csv"]);
    }

    [Fact]
    public async Task What_a_killed_process_left_aside_is_removed_after_an_hour()
    {
        Directory.CreateDirectory(Reports);
        await File.WriteAllTextAsync(Path.Combine(Reports, ".a.csv.0.tmp"), "old");
        await File.WriteAllTextAsync(Path.Combine(Reports, ".b.csv.0.tmp"), "new");
        await File.WriteAllTextAsync(Path.Combine(Reports, "mine.tmp"), "not ours");
        var now = _ledger.Time.GetUtcNow().UtcDateTime;
        File.SetLastWriteTimeUtc(Path.Combine(Reports, ".a.csv.0.tmp"), now.AddMinutes(-61));
        File.SetLastWriteTimeUtc(Path.Combine(Reports, ".b.csv.0.tmp"), now.AddMinutes(-59));
        File.SetLastWriteTimeUtc(Path.Combine(Reports, "mine.tmp"), now.AddDays(-1));

        await RunAsync("""{"name":"daily"}""");

        Written.ShouldBe([".b.csv.0.tmp", "daily.csv", "mine.tmp"]);
    }

    [Theory]
    [InlineData("email", "email")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@a", "'@a")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("=\"x\"", "\"'=\"\"x\"\"\"")]
    public void A_cell_is_text_to_a_spreadsheet(string text, string cell) => ReportText.Cell(text).ShouldBe(cell);

    private ReportFolder Folder() => new(Options.Create(new ReportOptions { Folder = Reports }), _ledger.Time);

    private Task<TaskOutcome> RunAsync(string payload, int attempt = 1, string id = "..", ReportFolder? folder = null) => OneAttempt.RunAsync(
        new ReportTaskHandler(new TaskSummaries(_instance.Database), folder ?? Folder(), _ledger.Time, NullLogger<ReportTaskHandler>.Instance), "report", payload, attempt, id);
}
