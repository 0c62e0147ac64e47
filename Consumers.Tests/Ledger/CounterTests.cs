using Consumers.Core;
using Shouldly;
using Xunit;

namespace Consumers.Tests.Ledger;

public sealed class CounterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Counters_equal_a_count_over_the_rows_after_any_transitions(int seed)
    {
        await using var ledger = new TestLedger();
        var (one, two) = (await ledger.StartAsync("one"), await ledger.StartAsync("two"));
        var random = new Random(seed);
        var begun = new List<(TestInstance By, AttemptBegin.Begun Begun)>();
        string[] modules = ["rabbit", "kafka"];
        for (var step = 0; step < 1500; step++)
        {
            var by = random.Next(2) == 0 ? one : two;
            var id = $"t{random.Next(60)}";
            switch (random.Next(8))
            {
                case 0:
                    await by.Tasks.EnqueueAsync(modules[random.Next(2)], [TestInstance.Message(id, maxRetries: 2), TestInstance.Message($"{id}-{step}")], CancellationToken.None);
                    break;
                case 1 or 2 or 3:
                    if (await by.BeginAsync(id, random.Next(4), random.Next(1, 3), random.Next(2) == 0, 2, modules[random.Next(2)]) is AttemptBegin.Begun now)
                    {
                        begun.Add((by, now));
                    }
                    break;
                case 4 or 5 when begun.Count > 0:
                    var (owner, ends) = begun[random.Next(begun.Count)];
                    await owner.SettleAsync(ends, random.Next(3) switch
                    {
                        0 => Settlement.Ack.Instance,
                        1 => owner.RetryIn(ends, random.Next(3)),
                        _ => new Settlement.DeadLetter(DeadReason.Permanent, "no"),
                    });
                    break;
                case 6 when begun.Count > 0:
                    var (holder, released) = begun[random.Next(begun.Count)];
                    await holder.Guard.ReleaseAsync(released.Key, released.Epoch, CancellationToken.None);
                    break;
                default:
                    await ledger.PassAsync(TimeSpan.FromSeconds(random.Next(5)), by);
                    break;
            }
        }

        ledger.Read("SELECT group_concat(Module || Status || Count) FROM (SELECT * FROM Counters WHERE Count <> 0 ORDER BY Module, Status)")
            .ShouldBe(ledger.Read("SELECT group_concat(Module || Status || n) FROM (SELECT Module, Status, COUNT(*) AS n FROM Tasks GROUP BY Module, Status ORDER BY Module, Status)"));
        int.Parse(ledger.Read("SELECT COUNT(DISTINCT Status) FROM Tasks")!).ShouldBeGreaterThan(3, "the walk reaches nearly every state");
        ledger.Read("SELECT COUNT(*) FROM Attempts a JOIN Tasks t ON t.Row = a.TaskRow WHERE a.Attempt > t.MaxRetries + 1").ShouldBe("0");
        ledger.Read("SELECT COUNT(*) FROM Attempts WHERE Outcome IS NULL OR EndedAt IS NULL").ShouldBe("0", "an attempt that runs stands in its task's row");
    }
}
