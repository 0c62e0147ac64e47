using System.Diagnostics;
using Consumers.Core;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.DeadLetters;

/// <summary>How long the start of a large operation holds up those who write beside it.</summary>
public sealed class FreezeTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(10_000, false)]
    [InlineData(100_000, true)]
    public async Task Freezing_a_large_set_holds_up_nobody_for_long(int count, bool isLong)
    {
        if (isLong)
        {
            LongTests.Require("100,000 dead letters");
        }
        var folder = new TempFolder();
        await using var fleet = await TestFleet.StartAsync(_ => { }, folder: folder);
        new DeadLetterSeed().Insert(folder.File("ledger.db"), count);
        var (operations, ledger) = (fleet.Services.GetRequiredService<IDeadLetterOperations>(), fleet.Services.GetRequiredService<ITaskLedger>());
        var choice = OperationFleet.Replay(new DeadLetterFilter(Type: "scripted", Text: "task-"));
        var clock = Stopwatch.StartNew();
        var preview = await operations.PreviewAsync(choice, TestContext.Current.CancellationToken);
        var previewed = clock.Elapsed;
        using var enough = new CancellationTokenSource();
        var writing = WriteAsync(ledger, enough.Token);

        clock.Restart();
        var operation = await operations.StartAsync(new OperationOrder("op", choice, preview.CutOff, preview.Count, "anna", null), TestContext.Current.CancellationToken);
        var started = clock.Elapsed;
        await enough.CancelAsync();
        var longest = await writing;

        operation.Total.ShouldBe(count);
        output.WriteLine($"{count}: preview {previewed.TotalMilliseconds:0} ms, start {started.TotalMilliseconds:0} ms, longest write beside it {longest.TotalMilliseconds:0} ms");
        longest.ShouldBeLessThan(TimeSpan.FromSeconds(isLong ? 5 : 2));
    }

    /// <summary>One small durable write after another; returns how long the longest took.</summary>
    private static async Task<TimeSpan> WriteAsync(ITaskLedger ledger, CancellationToken enough)
    {
        var longest = TimeSpan.Zero;
        for (var i = 0; !enough.IsCancellationRequested; i++)
        {
            var clock = Stopwatch.StartNew();
            await ledger.EnqueueAsync("rabbit", [TestFleet.Task("ok") with { Id = $"beside-{i}" }], CancellationToken.None);
            longest = clock.Elapsed > longest ? clock.Elapsed : longest;
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        }
        return longest;
    }
}
