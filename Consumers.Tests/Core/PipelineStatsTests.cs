using Consumers.Core;

namespace Consumers.Tests.Core;

public sealed class PipelineStatsTests
{
    [Fact]
    public async Task What_runs_is_listed_while_tasks_begin_and_end()
    {
        const int reads = 50_000;
        var stats = new PipelineStats().For("rabbit");
        var context = new TaskContext { Id = "t", Type = "sleep", Module = "rabbit", Attempt = 1, Series = 1, MaxRetries = 0, Payload = TaskMessage.NullPayload, WorkerId = "w" };
        using var enough = new CancellationTokenSource();
        var at = TimeProvider.System.GetUtcNow();
        // Most of the time none runs or a few: it is then that a copy is taken for fewer than there are a moment later.
        var working = Task.Run(
            () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    long[] runs = [stats.CountStarted(context, at), stats.CountStarted(context, at), stats.CountStarted(context, at)];
                    Array.ForEach(runs, run => stats.CountEnded(run, TimeSpan.Zero));
                }
            },
            TestContext.Current.CancellationToken);

        for (var i = 0; i < reads; i++)
        {
            stats.LongestRunning(2).Count.ShouldBeLessThanOrEqualTo(2);
        }

        await enough.CancelAsync();
        await working;
        stats.LongestRunning(2).ShouldBeEmpty();
    }
}
