using Consumers.Core;
using Consumers.Host.Proof;

namespace Consumers.Tests.Proof;

/// <summary>
/// A small run written by hand, in which all is well: <c>a</c> is retried and completes, <c>b</c> fails, <c>k</c> is interrupted by a kill and runs again, <c>x</c> is no task.
/// Tests spoil one thing each.
/// </summary>
internal sealed class HandmadeRun
{
    public const string Sha = "AB12";

    public List<string> Lines { get; } =
    [
        "0 P pub start - 0 0 0 pid=9",
        "0 A one start - 0 0 0 pid=1",
        "0 B two start - 0 0 0 pid=2",
        "0 C three start - 0 0 0 pid=3",
        "1000 P pub pub a 1 0 0 op=invoke max=3",
        "1000 P pub pub b 1 0 0 op=invoke max=3",
        "1000 P pub pub k 1 0 0 op=invoke max=3",
        "1000 P pub pub x 0 0 0 op=invoke poison=AB12",
        "2000 P pub pub a 1 0 0 op=ok",
        "2000 P pub pub b 1 0 0 op=ok",
        "2000 P pub pub k 1 0 0 op=ok",
        "2000 P pub pub x 0 0 0 op=ok",
        "10000 A one deliver a 1 1 0 d=1",
        "11000 A one begin a 1 1 1 d=1",
        "12000 A one out a 1 1 1 d=1 kind=status state=PROCESSING seq=1",
        "20000 A one effect a 1 1 0 began=12000",
        "22000 A one outcome a 1 1 1 d=1 state=RETRYING accepted=1 due=130000",
        "23000 A one out a 1 1 1 d=1 kind=status state=RETRYING seq=2",
        "24000 A one out a 1 1 1 d=1 kind=retry",
        "25000 A one ack a 1 1 1 d=1",
        "29000 P pub fault f1 0 0 0 op=plan kind=kill-9",
        "30000 A one deliver k 1 1 0 d=2",
        "31000 A one begin k 1 1 1 d=2",
        "40000 A one effect k 1 1 0 began=31000",
        "45000 P pub fault f1 0 0 0 op=proof kind=kill-9 pid=1",
        "50000 C three deliver k 1 1 0 d=1",
        "51000 C three begin k 1 1 2 d=1",
        "60000 C three effect k 1 1 0 began=51000",
        "61000 C three outcome k 1 1 2 d=1 state=COMPLETED accepted=1",
        "62000 C three ack k 1 1 2 d=1",
        "70000 B two deliver b 1 1 0 d=1",
        "71000 B two begin b 1 1 1 d=1",
        "72000 B two effect b 1 1 0 began=71000",
        "73000 B two outcome b 1 1 1 d=1 state=FAILED accepted=1",
        "74000 B two out b 1 1 1 d=1 kind=dead",
        "75000 B two ack b 1 1 1 d=1",
        "80000 B two deliver x 0 0 0 d=2",
        "81000 B two reject x 0 0 0 d=2 reason=malformed",
        "82000 B two out x 0 0 0 d=2 kind=dead",
        "83000 B two ack x 0 0 0 d=2",
        "135000 B two deliver a 1 2 0 d=3",
        "136000 B two begin a 1 2 2 d=3",
        "137000 B two out a 1 2 2 d=3 kind=status state=PROCESSING seq=3",
        "140000 B two effect a 1 2 0 began=137000",
        "141000 B two outcome a 1 2 2 d=3 state=COMPLETED accepted=1",
        "142000 B two out a 1 2 2 d=3 kind=status state=COMPLETED seq=4",
        "143000 B two ack a 1 2 2 d=3",
        "500000 P pub exit two 0 0 0 kind=term pid=2 code=0 ms=100",
    ];

    public Dictionary<string, ProvenTask> Ledger { get; } = new()
    {
        ["a"] = new("a", TaskState.Completed, 1, 2, 3, [new(1, 1, 1, true), new(1, 2, 2, true)]),
        ["b"] = new("b", TaskState.Failed, 1, 1, 3, [new(1, 1, 1, true)]),
        ["k"] = new("k", TaskState.Completed, 1, 1, 3, [new(1, 1, 1, false), new(1, 1, 2, true)]),
    };

    public List<DeadLetterSeen> Dead { get; } = [new("b", 1, 1, "permanent", "00"), new("x", 0, 0, "malformed", Sha)];

    public Dictionary<string, long> Depths { get; } = new() { ["work"] = 0 };

    public void Add(params string[] lines) => Lines.AddRange(lines);

    public void Remove(string line) => Lines.Remove(line).ShouldBeTrue();

    /// <summary>Puts other lines, in order of time, in the place of some.</summary>
    public void Replace(string line, string by)
    {
        Remove(line);
        Add(by);
    }

    /// <summary>By instance; null: the module counts nothing.</summary>
    public Dictionary<string, TaskCounts>? Counters { get; set; }

    public ProofReport Check() => HistoryChecker.Check(Input());

    public ProofInput Input() => new()
    {
        History = [.. Lines.Select(line => HistoryLine.Parse(line).ShouldNotBeNull(line))],
        Ledger = Ledger,
        DeadLetters = Dead,
        Depths = Depths,
        Schedule = new RetrySchedule(new RetryOptions { Base = TimeSpan.FromMilliseconds(100), Cap = TimeSpan.FromMilliseconds(400) }),
        Counters = Counters,
        MostInHand = 3,
        RecoversWithin = new Dictionary<string, TimeSpan> { ["kill-9"] = TimeSpan.FromSeconds(20) },
    };
}
