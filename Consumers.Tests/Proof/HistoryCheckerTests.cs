using Consumers.Core;
using Consumers.Host.Proof;

namespace Consumers.Tests.Proof;

/// <summary>A checker that finds nothing proves something only if it finds what is there: each invariant is broken once, and only it reports.</summary>
public sealed class HistoryCheckerTests
{
    private static readonly Dictionary<string, (string Invariant, Action<HandmadeRun> Spoil)> Sabotages = new()
    {
        ["a confirmed task that nobody knows"] = ("I1", run => run.Add("1000 P pub pub lost 1 0 0 op=invoke max=3", "2000 P pub pub lost 1 0 0 op=ok")),
        ["a failed task without a dead letter"] = ("I1", run => run.Dead.RemoveAt(0)),
        ["a completed task with a dead letter"] = ("I1", run => run.Dead.Add(new("a", 1, 2, "permanent", "00"))),
        ["an effect of what nobody published"] = ("I2", run => run.Add("200000 C three effect ghost 1 1 0 began=199000")),
        ["a begin after the end"] = ("I3", run => run.Add("200000 C three deliver a 1 2 0 d=7", "201000 C three begin a 1 2 3 d=7", "202000 C three handback a 1 2 3 d=7")),
        ["an epoch that does not rise"] = ("I3", run => run.Replace("51000 C three begin k 1 1 2 d=1", "51000 C three begin k 1 1 1 d=1")),
        ["a second effect of a settled attempt"] = ("I4", run => run.Add("200000 C three effect a 1 2 0 began=199000")),
        ["two outcomes of one attempt in the ledger"] = ("I4", run => run.Ledger["k"] = run.Ledger["k"] with { Attempts = [new(1, 1, 1, true), new(1, 1, 2, true)] }),
        ["a completion without an effect"] = ("I4", run =>
        {
            run.Remove("40000 A one effect k 1 1 0 began=31000");
            run.Remove("60000 C three effect k 1 1 0 began=51000");
        }),
        ["an ack before the outcome"] = ("I5", run => run.Replace("62000 C three ack k 1 1 2 d=1", "60500 C three ack k 1 1 2 d=1")),
        ["an ack before the dead letter is confirmed"] = ("I5", run => run.Replace("75000 B two ack b 1 1 1 d=1", "73500 B two ack b 1 1 1 d=1")),
        ["an ack without a retry"] = ("I5", run => run.Remove("24000 A one out a 1 1 1 d=1 kind=retry")),
        ["a status before the ledger"] = ("I6", run => run.Replace("142000 B two out a 1 2 2 d=3 kind=status state=COMPLETED seq=4", "140500 B two out a 1 2 2 d=3 kind=status state=COMPLETED seq=4")),
        ["a status with a sequence that falls"] = ("I6", run => run.Replace("142000 B two out a 1 2 2 d=3 kind=status state=COMPLETED seq=4", "142000 B two out a 1 2 2 d=3 kind=status state=COMPLETED seq=2")),
        ["a retry before it is due"] = ("I7", run => run.Replace("22000 A one outcome a 1 1 1 d=1 state=RETRYING accepted=1 due=130000", "22000 A one outcome a 1 1 1 d=1 state=RETRYING accepted=1 due=142000")),
        ["a due time that cuts the backoff"] = ("I7", run =>
        {
            run.Replace("22000 A one outcome a 1 1 1 d=1 state=RETRYING accepted=1 due=130000", "22000 A one outcome a 1 1 1 d=1 state=RETRYING accepted=1 due=50000");
            run.Replace("135000 B two deliver a 1 2 0 d=3", "90000 B two deliver a 1 2 0 d=3");
            run.Replace("136000 B two begin a 1 2 2 d=3", "91000 B two begin a 1 2 2 d=3");
        }),
        ["an attempt too many"] = ("I8", run => run.Replace("1000 P pub pub a 1 0 0 op=invoke max=3", "1000 P pub pub a 1 0 0 op=invoke max=0")),
        ["a message that is left"] = ("I12", run => run.Depths["work"] = 1),
        ["a delivery that never ended"] = ("I12", run => run.Remove("143000 B two ack a 1 2 2 d=3")),
        ["a task that is stuck"] = ("I13", run => run.Ledger["a"] = run.Ledger["a"] with { State = TaskState.Retrying }),
        ["a stop that fails"] = ("I16", run => run.Replace("500000 P pub exit two 0 0 0 kind=term pid=2 code=0 ms=100", "500000 P pub exit two 0 0 0 kind=term pid=2 code=134 ms=100")),
        ["a stop that takes too long"] = ("I16", run => run.Replace("500000 P pub exit two 0 0 0 kind=term pid=2 code=0 ms=100", "500000 P pub exit two 0 0 0 kind=term pid=2 code=0 ms=36000")),
        ["poison with other bytes"] = ("I17", run => run.Dead[1] = run.Dead[1] with { Sha256 = "CD" }),
        ["poison that vanished"] = ("I17", run => run.Dead.RemoveAt(1)),
        ["poison that a handler saw"] = ("I17", run => run.Add("82500 B two effect x 1 1 0 began=82000")),
        ["first attempts of a key in another order than in the log"] = ("I9", run =>
        {
            run.Add(
                "1000 P pub pub m 1 0 0 op=invoke max=3 key=k1", "1001 P pub pub n 1 0 0 op=invoke max=3 key=k1", "2000 P pub pub m 1 0 0 op=ok", "2001 P pub pub n 1 0 0 op=ok",
                "200000 B two deliver n 1 1 0 d=8 at=work:0:11", "201000 B two begin n 1 1 1 d=8", "202000 B two effect n 1 1 0 began=201000", "203000 B two outcome n 1 1 1 d=8 state=COMPLETED accepted=1", "204000 B two ack n 1 1 1 d=8",
                "210000 B two deliver m 1 1 0 d=9 at=work:0:10", "211000 B two begin m 1 1 1 d=9", "212000 B two effect m 1 1 0 began=211000", "213000 B two outcome m 1 1 1 d=9 state=COMPLETED accepted=1", "214000 B two ack m 1 1 1 d=9");
            run.Ledger["m"] = new("m", TaskState.Completed, 1, 1, 3, [new(1, 1, 1, true)]);
            run.Ledger["n"] = new("n", TaskState.Completed, 1, 1, 3, [new(1, 1, 1, true)]);
        }),
        ["a commit past what is not settled"] = ("I10", run =>
        {
            run.Replace("135000 B two deliver a 1 2 0 d=3", "135000 B two deliver a 1 2 0 d=3 at=work:0:7");
            run.Add("136500 B two commit - 0 0 0 op=ask at=work:0 offset=8", "136600 B two commit - 0 0 0 op=ok at=work:0 offset=8");
        }),
        ["a commit that falls"] = ("I10", run => run.Add("300000 B two commit - 0 0 0 op=ok at=work:0 offset=8", "301000 B two commit - 0 0 0 op=ok at=work:0 offset=7")),
        ["a task that is counted twice"] = ("I11", run => run.Counters = new() { ["two"] = new(1, 1, 0, 0, 0, 0), ["three"] = new(2, 0, 1, 0, 0, 0) }),
        ["a counter that is negative"] = ("I11", run => run.Counters = new() { ["two"] = new(2, 1, 1, 0, -1, 0) }),
        ["a series that nobody ordered"] = ("I14", run => Replay(run, "200000 B two replay other 2 0 0 action=1")),
        ["one order that replays twice"] = ("I14", run =>
        {
            Replay(run, "200000 B two replay b 2 0 0 action=1", "200100 B two replay b 3 0 0 action=1");
            run.Add("220000 B two deliver b 3 1 0 d=8", "221000 B two begin b 3 1 3 d=8", "222000 B two effect b 3 1 0 began=221000", "223000 B two outcome b 3 1 3 d=8 state=COMPLETED accepted=1", "224000 B two ack b 3 1 3 d=8");
            run.Ledger["b"] = run.Ledger["b"] with { State = TaskState.Completed, Series = 3 };
        }),
        ["a task that begins in a pause"] = ("I15", run =>
        {
            run.Add(
                "1000 P pub pub late 1 0 0 op=invoke max=3", "2000 P pub pub late 1 0 0 op=ok", "1000000 P pub pause - 0 0 0 op=pause module=rabbit",
                "3000000 C three deliver late 1 1 0 d=8", "3001000 C three begin late 1 1 1 d=8", "3002000 C three effect late 1 1 0 began=3001000", "3003000 C three outcome late 1 1 1 d=8 state=COMPLETED accepted=1",
                "3004000 C three ack late 1 1 1 d=8", "9000000 P pub pause - 0 0 0 op=resume module=rabbit");
            run.Ledger["late"] = new("late", TaskState.Completed, 1, 1, 3, [new(1, 1, 1, true)]);
        }),
        ["a process that holds more than it may"] = ("I19", run =>
        {
            for (var i = 1; i <= 4; i++)
            {
                run.Add($"{300000 + i} B two deliver a 1 2 0 d={20 + i}", $"{300100 + i} B two handback a 1 2 0 d={20 + i}");
            }
        }),
        ["a process whose memory grows"] = ("I19", run =>
        {
            for (var i = 0; i <= 100; i++)
            {
                run.Add($"{600000 + (i * 3_000_000)} P pub sample two 0 0 0 pid=2 rssKb={100_000 + (i * 3_000)} fds=100");
            }
        }),
        ["a process whose open files grow"] = ("I19", run =>
        {
            for (var i = 0; i <= 100; i++)
            {
                run.Add($"{600000 + (i * 3_000_000)} P pub sample two 0 0 0 pid=2 rssKb=100000 fds={100 + (i * 2)}");
            }
        }),
        ["a fault that nothing comes back from"] = ("I20", run =>
        {
            run.Lines.RemoveAll(line => line.StartsWith("45000 ", StringComparison.Ordinal));
            run.Add("45000 P pub fault f1 0 0 0 op=proof kind=kill-9 pid=1", "45001 P pub fault f1 0 0 0 op=end kind=kill-9", "150000 P pub fault f1 0 0 0 op=end kind=kill-9");
        }),
        ["a late owner whose outcome is accepted"] = ("I18", run =>
        {
            run.Ledger["z"] = new("z", TaskState.Completed, 1, 1, 3, [new(1, 1, 1, true), new(1, 1, 2, false)]);
            run.Add(
                "1000 P pub pub z 1 0 0 op=invoke max=3", "2000 P pub pub z 1 0 0 op=ok",
                "200000 B two deliver z 1 1 0 d=8", "201000 B two begin z 1 1 1 d=8", "202000 C three deliver z 1 1 0 d=8", "203000 C three begin z 1 1 2 d=8",
                "204000 B two effect z 1 1 0 began=201000", "205000 B two outcome z 1 1 1 d=8 state=COMPLETED accepted=1", "206000 B two ack z 1 1 1 d=8",
                "207000 C three outcome z 1 1 2 d=8 state=COMPLETED accepted=0", "208000 C three duplicate z 1 1 2 d=8 owed=none", "209000 C three ack z 1 1 2 d=8");
        }),
    };

    private static readonly Dictionary<string, (string Invariant, Action<HandmadeRun> Spoil)> Doubts = new()
    {
        ["a fault that nothing shows"] = ("I21", run => run.Add("90000 P pub fault f2 0 0 0 op=plan kind=kill-9")),
        ["a kill of some other process"] = ("I21", run => run.Add("90000 P pub fault f2 0 0 0 op=plan kind=kill-9", "91000 P pub fault f2 0 0 0 op=proof kind=kill-9 pid=77")),
        ["kills of idle processes"] = ("I22", run => run.Add("0 D four start - 0 0 0 pid=4", "90000 P pub fault f2 0 0 0 op=plan kind=kill-9", "91000 P pub fault f2 0 0 0 op=proof kind=kill-9 pid=4")),
    };

    /// <summary>Task b, which failed in series 1, runs in series 2.</summary>
    private static void Replay(HandmadeRun run, params string[] orders)
    {
        run.Add(orders);
        run.Add("210000 B two deliver b 2 1 0 d=7", "211000 B two begin b 2 1 2 d=7", "212000 B two effect b 2 1 0 began=211000", "213000 B two outcome b 2 1 2 d=7 state=COMPLETED accepted=1", "214000 B two ack b 2 1 2 d=7");
        run.Ledger["b"] = run.Ledger["b"] with { State = TaskState.Completed, Series = 2, Attempts = [new(1, 1, 1, true), new(2, 1, 2, true)] };
    }

    [Fact]
    public void A_replay_that_was_ordered_once_and_executed_once_is_valid()
    {
        var run = new HandmadeRun();
        // An order that was taken over publishes again what its first owner had published.
        Replay(run, "200000 B two replay b 2 0 0 action=1", "200100 C three replay b 2 0 0 action=1");

        var report = run.Check();
        report.Verdict.ShouldBe(ProofVerdict.Valid, report.ToString());
    }

    [Fact]
    public void Counters_that_are_what_the_history_counts_are_valid()
    {
        var run = new HandmadeRun { Counters = new() { ["two"] = new(1, 1, 0, 3, 9, 100), ["three"] = new(1, 0, 1, 0, 0, 7) } };

        var report = run.Check();
        report.Verdict.ShouldBe(ProofVerdict.Valid, report.ToString());
    }

    public static TheoryData<string> SabotageNames => [.. Sabotages.Keys];

    public static TheoryData<string> DoubtNames => [.. Doubts.Keys];

    [Fact]
    public void A_clean_history_is_valid_and_counted()
    {
        var report = new HandmadeRun().Check();

        report.Verdict.ShouldBe(ProofVerdict.Valid, report.ToString());
        report.Figures.ShouldSatisfyAllConditions(
            figures => figures.Published.ShouldBe(3),
            figures => figures.Completed.ShouldBe(2),
            figures => figures.Failed.ShouldBe(1),
            figures => figures.Effects.ShouldBe(5),
            figures => figures.Reruns.ShouldBe(1, "what the kill interrupted between effect and outcome"),
            figures => figures.SecondEffects.ShouldBe(0),
            figures => figures.InFlightAtFaults.ShouldBe(1),
            figures => figures.Retries.ShouldBe(1),
            figures => figures.LateMaxMs.ShouldBe(6));
    }

    [Theory]
    [MemberData(nameof(SabotageNames))]
    public void What_is_broken_is_reported_by_its_own_invariant_alone(string sabotage)
    {
        var (invariant, spoil) = Sabotages[sabotage];
        var run = new HandmadeRun();
        spoil(run);

        var report = run.Check();

        report.Verdict.ShouldBe(ProofVerdict.Invalid);
        report.Violations.Select(finding => finding.Invariant).Distinct().ShouldBe([invariant], report.ToString());
        report.Doubts.ShouldBeEmpty(report.ToString());
    }

    [Theory]
    [MemberData(nameof(DoubtNames))]
    public void A_run_that_tests_nothing_is_neither_valid_nor_invalid(string doubt)
    {
        var (invariant, spoil) = Doubts[doubt];
        var run = new HandmadeRun();
        spoil(run);

        var report = run.Check();

        report.Verdict.ShouldBe(ProofVerdict.Unknown, report.ToString());
        report.Doubts.Select(finding => finding.Invariant).Distinct().ShouldBe([invariant]);
    }

    [Fact]
    public void An_effect_again_is_legal_only_if_a_kill_cut_the_first_one_off()
    {
        var run = new HandmadeRun();
        // The killed process had settled it: then its redelivery may not run.
        run.Add("41000 A one outcome k 1 1 1 d=2 state=COMPLETED accepted=1");

        run.Check().Violations.ShouldContain(finding => finding.Invariant == "I4");
    }

    [Theory]
    [InlineData("freeze", 0, ProofVerdict.Valid)]
    [InlineData("freeze", 1, ProofVerdict.Invalid)]
    [InlineData("cut", 0, ProofVerdict.Invalid)]
    public void Who_stood_still_may_finish_its_handler_late_and_may_not_settle(string kind, int accepted, ProofVerdict verdict)
    {
        var run = new HandmadeRun();
        run.Ledger["z"] = new("z", TaskState.Completed, 1, 1, 3, [new(1, 1, 1, false), new(1, 1, 2, true)]);
        run.Add(
            "0 D four start - 0 0 0 pid=4", "1000 P pub pub z 1 0 0 op=invoke max=3", "2000 P pub pub z 1 0 0 op=ok",
            "200000 D four deliver z 1 1 0 d=1", "201000 D four begin z 1 1 1 d=1", $"202000 P pub fault f2 0 0 0 op=plan kind={kind}", $"202500 P pub fault f2 0 0 0 op=proof kind={kind} pid=4",
            "203000 C three deliver z 1 1 0 d=8", "204000 C three begin z 1 1 2 d=8", "205000 C three effect z 1 1 0 began=204000", "206000 C three outcome z 1 1 2 d=8 state=COMPLETED accepted=1", "207000 C three ack z 1 1 2 d=8",
            "208000 D four effect z 1 1 0 began=201000", $"209000 D four outcome z 1 1 1 d=1 state=COMPLETED accepted={accepted}");

        var report = run.Check();

        report.Verdict.ShouldBe(verdict, report.ToString());
    }

    /// <summary>As the scaling module does while its guard is away.</summary>
    [Theory]
    [InlineData(303_000, false)]
    [InlineData(290_000, true)]
    public void Of_an_attempt_that_was_settled_twice_the_first_retry_may_come_when_it_is_due(long begins, bool isEarly)
    {
        var run = new HandmadeRun();
        run.Add(
            "199000 B two begin w 1 1 0 d=31", "200000 B two effect w 1 1 0 began=199000", "201000 B two outcome w 1 1 0 d=31 state=RETRYING accepted=1 due=301000",
            "259000 B two begin w 1 1 0 d=32", "260000 B two effect w 1 1 0 began=259000", "261000 B two outcome w 1 1 0 d=32 state=RETRYING accepted=1 due=361000",
            $"{begins} C three begin w 1 2 0 d=33");

        PathChecks.NotEarly(new FleetHistory(run.Input().History), run.Input()).Any().ShouldBe(isEarly);
    }

    [Fact]
    public void Every_invariant_is_broken_once() =>
        Sabotages.Values.Concat(Doubts.Values).Select(sabotage => sabotage.Invariant).Distinct().ShouldBe(
            HistoryChecker.Names.Keys, ignoreOrder: true);
}
