using Consumers.Core;
using Consumers.Host.Proof;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Proof;

public sealed class ProcessHistoryTests
{
    private static readonly InstanceIdentity Identity = new("one", TimeProvider.System);

    [Fact]
    public void What_is_written_is_read_back_at_once_while_the_file_is_open()
    {
        using var folder = new TempFolder();
        using var history = ProcessHistory.Open(folder.Path, "pipeline", Identity, TimeProvider.System);

        history.Write(HistoryEvents.Out, new AttemptKey("order-42", 2, 3), 7, "d=5 kind=retry");

        var lines = HistoryChecker.ReadFolder(folder.Path);
        lines.Select(line => line.Event).ShouldBe([HistoryEvents.Start, HistoryEvents.Out]);
        lines[0].Number("pid").ShouldBe(Environment.ProcessId);
        lines[1].ShouldSatisfyAllConditions(
            line => line.Run.ShouldBe(Identity.RunId),
            line => line.Instance.ShouldBe("one"),
            line => line.Key.ShouldBe(new AttemptKey("order-42", 2, 3)),
            line => line.Epoch.ShouldBe(7),
            line => line.Number("d").ShouldBe(5),
            line => line["kind"].ShouldBe("retry"),
            line => line["kin"].ShouldBeNull(),
            line => line.TimeUs.ShouldBeGreaterThan(0));
    }

    [Fact]
    public void A_line_that_a_kill_cut_short_is_left_out_and_the_rest_stays()
    {
        using var folder = new TempFolder();
        using (var history = ProcessHistory.Open(folder.Path, "pipeline", Identity, TimeProvider.System))
        {
            history.Write(HistoryEvents.Deliver, new AttemptKey("a", 1, 1), 0, "d=1");
        }
        File.AppendAllText(Directory.GetFiles(folder.Path).Single(), "1763700000000000 run one del");

        HistoryChecker.ReadFolder(folder.Path).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Many_writers_do_not_cut_each_others_lines_and_times_rise()
    {
        using var folder = new TempFolder();
        using var history = ProcessHistory.Open(folder.Path, "pipeline", Identity, TimeProvider.System);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(() =>
        {
            for (var i = 0; i < 500; i++)
            {
                history.Write(HistoryEvents.Ack, new AttemptKey($"t{writer}", 1, i), 0, $"d={i}");
            }
        })));

        var lines = HistoryChecker.ReadFolder(folder.Path);
        lines.Count.ShouldBe(2001);
        lines.Select(line => line.TimeUs).ShouldBeInOrder();
    }

    [Fact]
    public void Off_it_writes_nothing_and_gives_deliveries_no_trace()
    {
        ProcessHistory.Off.IsOn.ShouldBeFalse();
        ProcessHistory.Off.Write(HistoryEvents.Ack, default, 0, "");
        ProcessHistory.Off.Reject(null!, DeadReason.Malformed).ShouldBeNull();
    }
}
