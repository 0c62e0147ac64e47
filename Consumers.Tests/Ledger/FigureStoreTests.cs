using Consumers.Core;
using Consumers.Ledger;

namespace Consumers.Tests.Ledger;

public sealed class FigureStoreTests
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);
    private static readonly Dictionary<TimeSpan, TimeSpan> Keep = new() { [Step] = TimeSpan.FromMinutes(15) };
    private static readonly Dictionary<TimeSpan, TimeSpan> Long = new() { [Step] = TimeSpan.FromDays(28) };

    [Fact]
    public async Task A_row_that_is_written_again_takes_the_place_of_the_first()
    {
        await using var ledger = new TestLedger();
        var store = await OpenAsync(ledger);

        await store.WriteAsync([Row(ledger, "a", 3)], Keep, CancellationToken.None);
        await store.WriteAsync([Row(ledger, "a", 5)], Keep, CancellationToken.None);

        (await ReadAsync(store)).ShouldHaveSingleItem().Completed.ShouldBe(5);
    }

    [Fact]
    public async Task Every_process_has_rows_of_its_own_and_reads_those_of_all()
    {
        await using var ledger = new TestLedger();
        var (one, other) = (await OpenAsync(ledger), await OpenAsync(ledger, "consumer-2"));

        await one.WriteAsync([Row(ledger, "a", 3)], Keep, CancellationToken.None);
        await other.WriteAsync([Row(ledger, "b", 4)], Keep, CancellationToken.None);

        (await ReadAsync(one)).Sum(row => row.Completed).ShouldBe(7);
        (await ReadAsync(other)).Sum(row => row.Completed).ShouldBe(7);
    }

    [Fact]
    public async Task A_write_whose_answer_is_lost_is_not_counted_twice()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        var store = new FigureStore(instance.Writer, instance.Database);
        var lost = 0;
        instance.Writer.AfterCommit = () =>
        {
            if (lost++ == 0)
            {
                throw new LedgerFault(10, "the answer is lost");
            }
        };

        await store.WriteAsync([Row(ledger, "a", 3)], Keep, CancellationToken.None);

        lost.ShouldBeGreaterThan(1, "it was written a second time");
        (await ReadAsync(store)).ShouldHaveSingleItem().Completed.ShouldBe(3);
    }

    [Fact]
    public async Task What_is_older_than_the_range_goes_and_so_does_what_a_clock_once_put_into_the_future()
    {
        await using var ledger = new TestLedger();
        var store = await OpenAsync(ledger);
        await store.WriteAsync([Row(ledger, "a", 1), Row(ledger, "a", 1, TimeSpan.FromHours(2))], new Dictionary<TimeSpan, TimeSpan>(), CancellationToken.None);
        ledger.Time.Advance(TimeSpan.FromMinutes(16));

        await store.WriteAsync([Row(ledger, "a", 2)], Keep, CancellationToken.None);

        (await ReadAsync(store)).ShouldHaveSingleItem().Completed.ShouldBe(2);
    }

    [Fact]
    public async Task A_row_comes_back_as_it_was()
    {
        await using var ledger = new TestLedger();
        var store = await OpenAsync(ledger);
        var counts = new DurationCounts();
        counts.Add(TimeSpan.FromMilliseconds(80));
        var row = new FigureRow(Step, Row(ledger, "a", 0).Start, "a", 1, 2, 3, 4, null, counts.Current, DurationSpread.None);

        await store.WriteAsync([row], Keep, CancellationToken.None);

        var read = (await ReadAsync(store)).ShouldHaveSingleItem();
        (read with { Handling = DurationSpread.None, Age = DurationSpread.None }).ShouldBe(row with { Handling = DurationSpread.None, Age = DurationSpread.None });
        read.Handling.ToString().ShouldBe(row.Handling.ToString());
    }

    [Fact]
    public async Task Of_a_step_of_long_ago_one_row_stays_with_the_sums_of_all_processes()
    {
        await using var ledger = new TestLedger();
        var store = await OpenAsync(ledger);
        var start = ledger.Time.GetUtcNow();
        await store.WriteAsync([Row(ledger, "a", 3), Row(ledger, "b", 4), Row(ledger, "c", 5)], Long, CancellationToken.None);
        ledger.Time.Advance(MergedFigures.Late + Step - TimeSpan.FromMilliseconds(1));
        await store.WriteAsync([], Long, CancellationToken.None);
        (await ReadAsync(store)).Count.ShouldBe(3, "somebody may still write to it");

        ledger.Time.Advance(TimeSpan.FromMilliseconds(1));
        await store.WriteAsync([], Long, CancellationToken.None);
        await store.WriteAsync([], Long, CancellationToken.None);

        var row = (await ReadAsync(store)).ShouldHaveSingleItem();
        (row.Start, row.Source, row.Completed, row.Running, row.Backlog, row.Processes).ShouldBe((start, "", 12, 3, 2, 3));
    }

    [Fact]
    public async Task Who_comes_when_a_step_is_merged_is_not_counted_twice()
    {
        await using var ledger = new TestLedger();
        var store = await OpenAsync(ledger);
        var late = Row(ledger, "a", 3);
        await store.WriteAsync([late, Row(ledger, "b", 4)], Long, CancellationToken.None);
        ledger.Time.Advance(MergedFigures.Late + Step);
        await store.WriteAsync([], Long, CancellationToken.None);

        await store.WriteAsync([late with { Completed = 10 }], Long, CancellationToken.None);

        (await ReadAsync(store)).ShouldHaveSingleItem().Completed.ShouldBe(7);
    }

    [Fact]
    public async Task Rows_are_as_many_as_steps_however_often_a_process_starts_anew()
    {
        await using var ledger = new TestLedger();
        var store = await OpenAsync(ledger);
        for (var run = 0; run < 200; run++)
        {
            await store.WriteAsync([Row(ledger, $"run-{run}", 1)], Long, CancellationToken.None);
        }
        ledger.Time.Advance(TimeSpan.FromHours(7));

        await store.WriteAsync([], Long, CancellationToken.None);

        (await ReadAsync(store)).ShouldHaveSingleItem().Completed.ShouldBe(200);
    }

    private static async Task<FigureStore> OpenAsync(TestLedger ledger, string name = "consumer-1") =>
        await ledger.StartAsync(name) is var instance ? new FigureStore(instance.Writer, instance.Database) : null!;

    private static ValueTask<IReadOnlyList<FigureRow>> ReadAsync(FigureStore store) => store.ReadAsync(Step, DateTimeOffset.UnixEpoch, CancellationToken.None);

    private static FigureRow Row(TestLedger ledger, string source, long completed, TimeSpan later = default) =>
        new(Step, ledger.Time.GetUtcNow() + later, source, completed, 0, 0, 1, 2, DurationSpread.None, DurationSpread.None);
}
