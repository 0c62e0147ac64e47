using System.Text.Json;
using AngleSharp.Html.Parser;
using Consumers.Core;
using Consumers.Host.Proof;
using Consumers.Tests.Proof;

namespace Consumers.Tests.Verify;

public sealed class ReportTests
{
    private const string Hostile = "<script>alert(1)</script>\"'&[31m";

    [Fact]
    public void A_terminal_reads_the_verdict_the_figures_and_what_was_not_tried()
    {
        var text = Text(Result(_ => { }));

        text.ShouldContain("verify    RabbitMQ 3.10.8 | rabbit | 3 instances | 100 msg/s | 70 s | seed 7341");
        text.ShouldContain("faults    planned 1 landed 1   kill-9 1");
        text.ShouldContain("rabbit    tasks 3 · completed 2 · failed 1");
        text.ShouldContain("LOST 0 · STUCK 0 · UNEXPECTED 0 · EARLY 0 · ACK-BEFORE-OUTCOME 0 · STALE-EPOCH WRITES ACCEPTED 0 · COUNTERS OFF 0");
        text.ShouldContain("untried   I9 order by key · I10 no commit past a gap · I11 counters equal history · I14 replayed once · I15 a pause holds");
        text.TrimEnd().ShouldEndWith("VALID  (run with --seed 7341 to repeat)");
    }

    [Fact]
    public void What_is_wrong_is_named_with_all_that_the_histories_tell_of_it()
    {
        var text = Text(Result(run => run.Replace("62000 C three ack k 1 1 2 d=1", "60500 C three ack k 1 1 2 d=1")));

        text.ShouldContain("I5        no ack before its outcome: 1 findings, such as k:");
        text.ShouldContain("three      ack       series 1 attempt 1 epoch 2 d=1");
        text.ShouldContain("INVALID");
    }

    [Fact]
    public void A_program_reads_the_same_as_json()
    {
        var report = JsonDocument.Parse(JsonReport.Of(Result(_ => { }))).RootElement;

        report.GetProperty("schema").GetString().ShouldBe("consumers.verify/1");
        report.GetProperty("verdict").GetString().ShouldBe("valid");
        report.GetProperty("faults")[0].GetProperty("kind").GetString().ShouldBe("kill-9");
        report.GetProperty("invariants").GetProperty("I1").GetProperty("tried").GetBoolean().ShouldBeTrue();
        report.GetProperty("invariants").GetProperty("I9").GetProperty("tried").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public void The_page_escapes_every_text_and_takes_nothing_from_elsewhere()
    {
        var result = Result(_ => { }) with
        {
            Products = [Hostile],
            Folder = Hostile,
            BadTasks = [new BadTask(Hostile, [new Finding("I1", Hostile, Hostile)], [Hostile])],
            Faults = [new FaultResult(Hostile, Hostile, 1, 2, 3)],
        };

        var html = HtmlReport.Of(result);
        var page = new HtmlParser().ParseDocument(html);

        page.QuerySelectorAll("script,link,img,iframe,object,a").ShouldBeEmpty();
        html.ShouldNotContain("<script");
        page.QuerySelector("pre")!.TextContent.ShouldContain("<script>alert(1)</script>");
        page.QuerySelectorAll("*").SelectMany(element => element.Attributes).ShouldNotContain(attribute => attribute.Name.StartsWith("on", StringComparison.Ordinal) || attribute.Value.Contains("http:", StringComparison.Ordinal) || attribute.Value.Contains("https:", StringComparison.Ordinal));
        page.QuerySelectorAll("polyline").Length.ShouldBe(2);
        page.QuerySelectorAll("svg text.fault-name").Single().TextContent.ShouldBe(Hostile);
        page.QuerySelector("h1 span")!.ClassName.ShouldBe("valid");
    }

    [Fact]
    public void What_a_process_of_minutes_held_and_how_fast_it_grew_is_in_every_report()
    {
        // Twice as fast while it warms up, and one that lived for a minute only.
        var result = Result(run => run.Add([
            .. Enumerable.Range(0, 101).Select(i => $"{600000 + (i * 3_000_000)} P pub sample two 0 0 0 pid=2 rssKb={102_400 + (i * 51) + (Math.Min(i, 25) * 51)} ownKb=61440 fds=100 sockets={(i == 60 ? 12 : 10)} walKb=4096"),
            .. Enumerable.Range(0, 20).Select(i => $"{600000 + (i * 3_000_000)} P pub sample three 0 0 0 pid=3 rssKb={i * 1000} fds={i} sockets=0 walKb=0")]));

        Text(result).ShouldContain("growth    two in 5 min: memory MiB 104.4 (+59.8/h, at most 106.2) · of its own MiB 60 (±0/h, at most 60) · open files 100 (±0/h, at most 100) · connections 10 (");
        Text(result).ShouldNotContain("growth    three");
        var growth = JsonDocument.Parse(JsonReport.Of(result)).RootElement.GetProperty("growth").EnumerateArray().Single();
        growth.GetProperty("instance").GetString().ShouldBe("two");
        growth.GetProperty("trends").GetProperty("rssKb").GetProperty("perHour").GetDouble().ShouldBe(61_200, 1);
        growth.GetProperty("trends").GetProperty("sockets").GetProperty("most").GetDouble().ShouldBe(12);
        new HtmlParser().ParseDocument(HtmlReport.Of(result)).QuerySelectorAll("td").ShouldContain(cell => cell.TextContent == "4 (±0/h, at most 4)");
    }

    [Fact]
    public void A_selftest_says_what_was_missed()
    {
        using var output = new StringWriter();
        TextReport.Print(
            [new SelfTestResult("no-guard", "I4", "rabbit", true, 7, ["I4", "I1"], "I4 a: a second effect"), new SelfTestResult("retry-early", "I7", "rabbit", false, 0, [], null)], output);

        output.ToString().ShouldContain("found  no-guard                 I4   one effect an attempt: 7 findings on rabbit (also I1)");
        output.ToString().ShouldContain("MISSED retry-early");
        output.ToString().ShouldContain("SELFTEST 1 of 2 sabotages found");
    }

    [Fact]
    public void There_are_eleven_sabotages_and_each_has_its_invariant()
    {
        SelfTest.Cases.Count.ShouldBe(11);
        SelfTest.Cases.Select(@case => @case.Sabotage).ShouldBe([.. Sabotage.All, SelfTest.IdleFault], ignoreOrder: true);
        SelfTest.Cases.ShouldAllBe(@case => HistoryChecker.Names.ContainsKey(@case.Invariant));
    }

    private static string Text(VerifyResult result)
    {
        using var output = new StringWriter();
        TextReport.Print(result, output);
        return output.ToString();
    }

    private static VerifyResult Result(Action<HandmadeRun> spoil)
    {
        var run = new HandmadeRun();
        spoil(run);
        var lines = run.Lines.Select(line => HistoryLine.Parse(line)!).ToArray();
        var proof = HistoryChecker.CheckFleet(lines, new Dictionary<string, ProofInput> { ["rabbit"] = run.Input() });
        var request = new VerifyRequest { Modules = ["rabbit"], Seed = 7341, Load = TimeSpan.FromSeconds(45), Plan = FaultPlan.Of([FaultKind.Kill]) };
        return new VerifyResult
        {
            Request = request,
            Products = ["RabbitMQ 3.10.8"],
            Began = DateTimeOffset.UnixEpoch,
            Took = TimeSpan.FromSeconds(70),
            Rate = 100,
            Confirmed = 4,
            Unknown = 0,
            Refused = 0,
            Proof = proof,
            Checked = CheckedInvariants.Of(request, lines),
            Faults = [.. proof.Faults.Select(fault => FaultResult.From(fault, lines, ["kafka"]))],
            Timeline = Timeline.From(lines),
            BadTasks = BadTask.From(proof, lines),
            Growths = [.. Growth.Of(lines)],
        };
    }
}
