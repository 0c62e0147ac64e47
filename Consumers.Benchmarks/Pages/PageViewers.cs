using System.Collections.Concurrent;
using System.Diagnostics;

namespace Consumers.Benchmarks;

/// <summary>People who watch one host: each keeps a stream of events open and asks for a page each second.</summary>
internal sealed class PageViewers(HttpClient http)
{
    public const int Count = 5;

    /// <summary>Enough of each for its code to be compiled in its final form.</summary>
    private const int WarmUp = 40;

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    private static readonly string[] Pages = ["/", "/rabbit", "/tasks", "/instances", "/dead-letters"];

    private readonly ConcurrentQueue<TimeSpan> _taken = [];
    private int _events;

    /// <summary>Snapshots and notices that were heard.</summary>
    public int Events => _events;

    /// <summary>How long each page took.</summary>
    public IReadOnlyCollection<TimeSpan> Taken => _taken;

    public async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < WarmUp * Pages.Length; i++)
        {
            await GetAsync(i, cancellationToken);
        }
    }

    /// <summary>What was taken until now was practice.</summary>
    public void Forget()
    {
        _taken.Clear();
        _events = 0;
    }

    /// <summary>Watches until the time is over.</summary>
    public async Task WatchAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(time);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, Count).SelectMany(viewer => new[] { ListenAsync(over.Token), BrowseAsync(viewer, over.Token) }));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await using var stream = await http.GetStreamAsync(new Uri("/events", UriKind.Relative), cancellationToken);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith("data:", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _events);
            }
        }
        throw new RunFailedException("the stream of events ended");
    }

    private async Task BrowseAsync(int viewer, CancellationToken cancellationToken)
    {
        // Not all at one moment.
        await Task.Delay(Between * ((double)viewer / Count), TimeProvider.System, cancellationToken);
        using var timer = new PeriodicTimer(Between, TimeProvider.System);
        for (var i = viewer; ; i++)
        {
            await GetAsync(i, cancellationToken);
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    private async Task GetAsync(int number, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        await http.GetByteArrayAsync(new Uri(Pages[number % Pages.Length], UriKind.Relative), cancellationToken);
        _taken.Enqueue(Stopwatch.GetElapsedTime(began));
    }
}
