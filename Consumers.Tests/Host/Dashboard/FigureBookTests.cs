using Consumers.Core;
using Consumers.Host.Monitoring.Figures;

namespace Consumers.Tests.Host.Dashboard;

public sealed class FigureBookTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private readonly FigureBook _book = new("run-1");

    [Fact]
    public void Every_range_gets_what_was_done_in_its_step_and_nothing_twice()
    {
        for (var second = 0; second < 40; second++)
        {
            Add(second, completed: (second + 1) * 10);
        }

        Of(FigureRange.Quarter).Count.ShouldBe(8);
        Of(FigureRange.Quarter).ShouldAllBe(row => row.Completed == 50);
        Of(FigureRange.Hour).Select(row => row.Completed).ShouldBe([200, 200]);
        Of(FigureRange.Day).ShouldHaveSingleItem().Completed.ShouldBe(400);
        Of(FigureRange.Month).ShouldHaveSingleItem().Completed.ShouldBe(400);
    }

    [Fact]
    public void What_came_in_is_what_ended_and_what_the_backlog_grew_by()
    {
        FigureRow Row(int second, long completed, long? backlog) => new(FigureRange.Quarter.Step, Start.AddSeconds(second), "a", completed, 1, 0, 1, backlog, DurationSpread.None, DurationSpread.None);
        var series = FigureSeries.Of(FigureRange.Quarter, [Row(0, 3, 0), Row(5, 4, 100), Row(10, 50, 40), Row(15, 5, null), Row(20, 5, 0)], Start.AddSeconds(40));
        var first = Enumerable.Range(0, series.Points.Count).First(i => series.Points[i] is not null);

        Enumerable.Range(first, 5).Select(series.Arrived).ShouldBe([null, 105, 0, null, null]);
        series.Since.ShouldBe(Start);
    }

    [Fact]
    public void A_row_that_was_saved_is_written_again_only_when_it_has_changed()
    {
        Add(0, 10);
        var saved = _book.Unsaved;
        Add(1, 25);

        _book.Saved(saved);

        Of(FigureRange.Quarter).ShouldHaveSingleItem().Completed.ShouldBe(25, "the row has the whole of its step");
        _book.Saved(_book.Unsaved);
        _book.Unsaved.ShouldBeEmpty();
    }

    [Fact]
    public void It_is_due_when_a_step_is_over()
    {
        Add(0, 1);
        _book.IsDue.ShouldBeFalse();
        Add(5, 2);
        _book.IsDue.ShouldBeTrue();
        _book.Saved(_book.Unsaved);
        _book.IsDue.ShouldBeFalse();
    }

    [Fact]
    public void A_clock_that_is_set_back_overwrites_nothing()
    {
        Add(60, 100);
        _book.Saved(_book.Unsaved);

        Add(0, 130);
        Add(60, 150);

        var rows = Of(FigureRange.Quarter);
        rows.ShouldAllBe(row => row.Source == "run-1~1");
        rows.Sum(row => row.Completed).ShouldBe(50, "with the 100 that are written already: 150");
    }

    [Fact]
    public void A_ledger_that_is_away_for_hours_fills_no_memory()
    {
        for (var minute = 0; minute < 24 * 60; minute++)
        {
            Add(minute * 60, minute);
        }

        _book.Unsaved.Count.ShouldBe(FigureBook.MostUnsaved);
        _book.Unsaved.Max(row => row.Start).ShouldBe(Start.AddMinutes((24 * 60) - 1), "the oldest are given up");
    }

    [Fact]
    public void What_nobody_told_of_is_a_gap_and_what_was_idle_is_zero()
    {
        Add(0, 5);
        Add(5, 5);
        Add(15, 9);

        var series = FigureSeries.Of(FigureRange.Quarter, Of(FigureRange.Quarter), Start.AddSeconds(30));

        series.Points.Count.ShouldBe(180);
        series.Points.SkipWhile(point => point is null).Select(point => point?.Completed).ShouldBe([5, 0, null, 4]);
        series.TimeOf(series.Points.Count - 1).ShouldBe(Start.AddSeconds(15));
    }

    [Fact]
    public void Work_adds_up_over_instances_and_what_all_of_them_saw_does_not()
    {
        FigureRow Row(string source, long completed, int running, long backlog) =>
            new(FigureRange.Quarter.Step, Start, source, completed, 0, 0, running, backlog, DurationSpread.None, DurationSpread.None);

        var point = FigureSeries.Of(FigureRange.Quarter, [Row("a", 3, 2, 100), Row("b", 4, 1, 90)], Start.AddSeconds(20)).Known.Single();

        (point.Completed, point.Running, point.Backlog, point.Instances).ShouldBe((7, 3, 100, 2));
    }

    private void Add(int second, long completed) =>
        _book.Add(Start.AddSeconds(second), new FigureTotals(completed, 0, 0, DurationSpread.None, DurationSpread.None), running: 1, backlog: 7);

    private List<FigureRow> Of(FigureRange range) => [.. _book.Unsaved.Where(row => row.Step == range.Step).OrderBy(row => row.Start)];
}
