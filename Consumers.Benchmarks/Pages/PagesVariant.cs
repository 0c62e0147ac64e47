using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Consumers.Benchmarks;

/// <summary>The built host at a fixed rate of tasks, in turns with nobody watching and with some: what they cost is the difference of its processor time, divided by the pages they got.</summary>
/// <param name="perSecond">Tasks.</param>
internal sealed class PagesVariant(int perSecond, FilledLedger ledger, BenchBroker broker, QueueKind kind) : IVariant
{
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(3);

    /// <summary>So that what grows or fades meanwhile meets both alike.</summary>
    private static readonly bool[] Turns = [false, true, true, false];

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    public string Name => string.Create(CultureInfo.InvariantCulture, $"tasks-{perSecond}");

    public VariantMode Mode => new(
        $"the built host, {perSecond} tasks a second, {PageViewers.Count} viewers in every other {Turn.TotalSeconds:0} s", "ledger", "all", $"concurrency {FleetQueue.Concurrency}", "begun NORMAL, settled FULL");

    public async Task<Sample> MeasureAsync(int messages, CancellationToken cancellationToken)
    {
        var path = await ledger.GetAsync(cancellationToken);
        var run = new BrokerRun(broker, BenchBroker.NewQueueName(Name), kind, 1);
        using var folder = new TemporaryLedger();
        try
        {
            var start = BuiltHost.Verb(["run", "--urls", $"http://127.0.0.1:{FreePort()}"], run, Path.GetDirectoryName(folder.Path)!);
            start.Environment["Consumers__Ledger__Path"] = path;
            start.Environment["Consumers__Rabbit__MinConcurrency"] = start.Environment["Consumers__Rabbit__MaxConcurrency"] = FleetQueue.Concurrency.ToString(CultureInfo.InvariantCulture);
            return await WatchAsync(start, run, cancellationToken);
        }
        finally
        {
            await FleetQueue.DeleteAsync(run);
        }
    }

    private async Task<Sample> WatchAsync(ProcessStartInfo start, BrokerRun run, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            using var http = new HttpClient { BaseAddress = new Uri(start.ArgumentList[^1]) };
            while (!await IsReadyAsync(http, cancellationToken))
            {
                if (process.HasExited)
                {
                    throw new RunFailedException($"the host ended before it was ready: {await output}{await error}");
                }
                await Task.Delay(LookAgain, TimeProvider.System, cancellationToken);
            }
            var ready = clock.Elapsed;
            using var enough = new CancellationTokenSource();
            var publishing = perSecond == 0 ? Task.CompletedTask : SteadyTasks.PublishAsync(run, perSecond, enough.Token);
            try
            {
                return await CompareAsync(process, new PageViewers(http), run, ready, cancellationToken);
            }
            finally
            {
                await enough.CancelAsync();
                await publishing;
            }
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private async Task<Sample> CompareAsync(Process process, PageViewers viewers, BrokerRun run, TimeSpan ready, CancellationToken cancellationToken)
    {
        await viewers.WarmUpAsync(cancellationToken);
        await viewers.WatchAsync(Turn, cancellationToken);
        viewers.Forget();
        // The runtime puts off what it compiles in its final form until less happens: it would be counted to those who do not watch.
        await Task.Delay(Settling, TimeProvider.System, cancellationToken);
        TimeSpan alone = default, aloneCpu = default, watched = default, watchedCpu = default;
        foreach (var isWatched in Turns)
        {
            process.Refresh();
            var (began, cpu) = (Stopwatch.GetTimestamp(), process.TotalProcessorTime);
            await (isWatched ? viewers.WatchAsync(Turn, cancellationToken) : Task.Delay(Turn, TimeProvider.System, cancellationToken));
            process.Refresh();
            var (elapsed, spent) = (Stopwatch.GetElapsedTime(began), process.TotalProcessorTime - cpu);
            if (isWatched)
            {
                (watched, watchedCpu) = (watched + elapsed, watchedCpu + spent);
            }
            else
            {
                (alone, aloneCpu) = (alone + elapsed, aloneCpu + spent);
            }
        }
        if (viewers.Events == 0 || viewers.Taken.Count == 0)
        {
            throw new RunFailedException($"the viewers got {viewers.Taken.Count} pages and {viewers.Events} events");
        }
        if (await broker.CountReadyAsync(run.Queue, cancellationToken) is var behind && behind > perSecond)
        {
            throw new RunFailedException($"the host did not keep up: {behind:N0} tasks wait");
        }
        // Of as long a time without viewers as with them.
        var cost = watchedCpu - aloneCpu * (watched / alone);
        return new Sample(viewers.Taken.Count, watched, cost, 0, ready) { Latency = Latency.Of([.. viewers.Taken]), Busy = new Busy(100 * (aloneCpu / alone), 100 * (watchedCpu / watched)) };
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
