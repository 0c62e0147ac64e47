using Consumers.Core;
using Consumers.Host.Monitoring.Figures;
using Consumers.Host.Monitoring.Findings;
using Consumers.Host.Pages;

namespace Consumers.Tests.Host.Dashboard;

public sealed class FleetFiguresTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(990, 10, "99 %", "0 % of the error budget left")]
    [InlineData(995, 5, "99.5 %", "50 % of the error budget left")]
    [InlineData(1000, 0, "100 %", "100 % of the error budget left")]
    [InlineData(960, 40, "96 %", "4 times the failures that it allows")]
    [InlineData(0, 0, "–", "no task ended yet")]
    public void The_objective_and_its_budget_are_of_28_days(long completed, long failed, string success, string budget)
    {
        var figures = FleetFigures.Of(Facts(TimeSpan.FromDays(27), completed, failed));

        (figures["success"], figures["budget"]).ShouldBe((success, budget));
    }

    [Theory]
    [InlineData(40, "28 days")]
    [InlineData(27.95, "28 days")]
    [InlineData(27, "27 d 0 h")]
    [InlineData(0.25, "6 h 0 min")]
    public void Of_how_long_a_time_they_are_is_said_while_there_is_less(double days, string span) => FleetFigures.Of(Facts(TimeSpan.FromDays(days), 5, 0))["span"].ShouldBe(span);

    [Fact]
    public void A_last_hour_that_uses_the_budget_up_too_fast_is_said()
    {
        var hour = new FigurePoint(Now.AddHours(-1), 97, 3, 0, 1, 0, DurationSpread.None, DurationSpread.None, 1);

        FleetFigures.Of(Facts(TimeSpan.FromDays(27), 995, 5) with { Hour = hour })["budget"].ShouldBe("50 % of the error budget left; the last hour used it 3 times as fast as it may");
        FleetFigures.Of(Facts(TimeSpan.FromDays(27), 995, 5) with { Hour = hour with { Failed = 0 } })["budget"].ShouldBe("50 % of the error budget left");
    }

    private static FleetFacts Facts(TimeSpan ago, long completed, long failed) => new()
    {
        Now = Now,
        Since = Now - ago,
        Month = FigureSeries.Of(
            FigureRange.Month, [new(FigureRange.Month.Step, FigureRange.Month.StartOf(Now.AddDays(-20)), "a", completed, failed, 0, 1, 0, DurationSpread.None, DurationSpread.None)], Now),
    };
}
