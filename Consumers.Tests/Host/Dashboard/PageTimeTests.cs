using System.Diagnostics;
using System.Globalization;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Host.Dashboard;

/// <summary>What pages cost when the ledger is large.</summary>
public sealed class PageTimeTests
{
    private const int Rounds = 200;

    [Fact]
    public async Task No_page_reads_as_much_as_there_are_tasks()
    {
        const int tasks = 100_000;
        using var folder = new TempFolder();
        var path = folder.File("many.db");
        using var costs = new StatementCosts(path);
        await using var host = await FilledLedger.StartAsync(path, tasks, kafka: false);
        costs.Forget();

        foreach (var page in await FilledLedger.PagesAsync(host, kafka: false))
        {
            (await host.GetAsync(page)).EnsureSuccessStatusCode();
        }

        var measured = costs.Measure();
        measured.Count.ShouldBeGreaterThan(15);
        measured.Count(statement => statement.Sql.Contains("\"Tasks\"", StringComparison.Ordinal)).ShouldBeGreaterThan(5);
        // Also what the probes in the background read: a walk over all tasks would take several steps a task.
        measured.Where(statement => statement.Steps >= tasks).ShouldBeEmpty();
    }

    /// <summary>Prints how long the server takes, which docs/dashboard.md has, and asserts none of it.</summary>
    [Fact]
    public async Task Every_page_answers_with_a_million_tasks_in_the_ledger()
    {
        LongTests.Require("fills a ledger with a million tasks");
        const int tasks = 1_000_000;
        using var folder = new TempFolder();
        var path = folder.File("million.db");
        using var costs = new StatementCosts(path);
        await using var host = await FilledLedger.StartAsync(path, tasks, kafka: true);
        costs.Forget();

        (await host.Http.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken)).ShouldContain("980&#x202F;000");
        foreach (var page in await FilledLedger.PagesAsync(host, kafka: true))
        {
            var times = new List<double>();
            for (var round = 0; round < Rounds + 10; round++)
            {
                var began = Stopwatch.GetTimestamp();
                (await host.GetAsync(page)).EnsureSuccessStatusCode();
                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
            // The first ones compile what they run.
            var sorted = times.Skip(10).Order().ToArray();
            Print($"{page,-56} p50 {sorted[Rounds / 2],6:0.0} ms   p95 {sorted[Rounds * 95 / 100],6:0.0} ms");
        }
        var measured = costs.Measure().OrderByDescending(statement => statement.Steps).ToArray();
        Print($"the most that one statement reads: {measured[0].Steps} steps");
        measured.Where(statement => statement.Steps >= tasks).ShouldBeEmpty();
    }

    private static void Print(FormattableString line) => TestContext.Current.TestOutputHelper!.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
