using System.Collections.Concurrent;
using System.Diagnostics;
using Consumers.Core;

namespace Consumers.Host.Verify;

/// <summary>The instances of a run by their names. One that exits unasked is noted and started again; one that a fault took is started again by whoever made the fault.</summary>
internal sealed class FleetUnderTest(IReadOnlyList<string> names, IReadOnlyList<KeyValuePair<string, string>> environment, Workplace place, ProcessHistory history) : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, HostChild> _hosts = new();
    private readonly ConcurrentDictionary<string, bool> _expected = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _watching = Task.CompletedTask;

    /// <summary>Called when an instance exits by itself; true when that was to be expected, and is noted elsewhere.</summary>
    public Func<HostChild, bool> OnDeath { get; set; } = _ => false;

    public IReadOnlyList<string> Names => names;

    public HostChild this[int victim] => _hosts[names[victim % names.Count]];

    public IEnumerable<HostChild> Alive => _hosts.Values.Where(host => !host.HasExited);

    /// <exception cref="VerifyAbortedException">One did not become ready.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var name in names)
        {
            _hosts[name] = HostChild.Start(name, environment, place);
        }
        foreach (var name in names)
        {
            await ReadyAsync(name, cancellationToken);
        }
        _watching = WatchAsync();
    }

    public async Task StartAgainAsync(string name, CancellationToken cancellationToken)
    {
        await _hosts[name].DisposeAsync();
        _hosts[name] = HostChild.Start(name, environment, place);
        _expected.TryRemove(name, out _);
        await ReadyAsync(name, cancellationToken);
    }

    /// <summary>From now on its exit is somebody's doing.</summary>
    public void Expect(string name) => _expected[name] = true;

    /// <summary>SIGTERM, and how it ended; SIGKILL when it does not end.</summary>
    public async Task TerminateAsync(HostChild host)
    {
        Expect(host.Name);
        var began = Stopwatch.GetTimestamp();
        host.Signal(Signals.Terminate);
        try
        {
            await host.WaitAsync(TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException)
        {
            await host.KillAsync();
        }
        history.Write(HistoryEvents.Exit, new AttemptKey(host.Name, 0, 0), 0, $"kind=term pid={host.Pid} code={host.ExitCode} ms={(long)Stopwatch.GetElapsedTime(began).TotalMilliseconds}");
    }

    public async Task TerminateAllAsync()
    {
        await StopWatchingAsync();
        await Task.WhenAll(Alive.Select(TerminateAsync));
    }

    private async Task ReadyAsync(string name, CancellationToken cancellationToken)
    {
        if (!await Waiting.UntilAsync(async () => _hosts[name].HasExited || await _hosts[name].IsReadyAsync(), ReadyWithin, cancellationToken) || _hosts[name].HasExited)
        {
            throw new VerifyAbortedException($"{name} {(_hosts[name].HasExited ? $"exited with code {_hosts[name].ExitCode}" : $"is not ready after {ReadyWithin.TotalSeconds:0} s")}. Its last lines:\n{_hosts[name].LastLines}");
        }
    }

    /// <summary>Notes who died, starts it again, and takes samples of who lives.</summary>
    private async Task WatchAsync()
    {
        var sampled = 0L;
        try
        {
            while (true)
            {
                await Task.Delay(Beat, TimeProvider.System, _stop.Token);
                await Task.WhenAll(_hosts.Values.Where(HasDied).Select(DiedAsync));
                if (Stopwatch.GetElapsedTime(sampled) >= SampleEvery)
                {
                    sampled = Stopwatch.GetTimestamp();
                    Sample();
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (VerifyAbortedException)
        {
            // It dies again and again: what it had to do stays undone, and that is what will be reported.
        }
    }

    /// <summary>Who was replaced meanwhile has not: its name is taken off those that are expected to end after it has its successor.</summary>
    private bool HasDied(HostChild host) => host.HasExited && !_expected.ContainsKey(host.Name) && _hosts[host.Name] == host;

    private Task DiedAsync(HostChild host)
    {
        if (!OnDeath(host))
        {
            history.Write(HistoryEvents.Exit, new AttemptKey(host.Name, 0, 0), 0, $"kind=unasked pid={host.Pid} code={host.ExitCode} ms=0");
        }
        return StartAgainAsync(host.Name, _stop.Token);
    }

    private void Sample()
    {
        var wal = new FileInfo($"{place.Ledger}-wal");
        var walKb = wal.Exists ? wal.Length / 1024 : 0;
        foreach (var host in Alive)
        {
            if (host.Sample() is { } sample)
            {
                history.Write(HistoryEvents.Sample, new AttemptKey(host.Name, 0, 0), 0, $"pid={host.Pid} rssKb={sample.RssKb} ownKb={sample.OwnKb} fds={sample.Files} sockets={sample.Sockets} walKb={walKb}");
            }
        }
    }

    private async Task StopWatchingAsync()
    {
        await _stop.CancelAsync();
        await _watching;
    }

    public async ValueTask DisposeAsync()
    {
        await StopWatchingAsync();
        foreach (var host in _hosts.Values)
        {
            await host.DisposeAsync();
        }
        _stop.Dispose();
    }
}
