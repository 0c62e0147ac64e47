using System.Diagnostics;
using Consumers.Core;
using Consumers.Host.Proof;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Fire;

/// <summary>A fleet of real processes under load and faults; at the end its histories are graded.</summary>
internal sealed class FireRun : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ProcessHistory _history;
    private readonly IFireBroker _broker;
    private readonly FireLoad _load;
    private readonly bool _isGuarded;
    private readonly Dictionary<string, HostProcess> _hosts = [];
    private readonly CancellationTokenSource _enough = new();
    private Task _loading = Task.CompletedTask;
    private int _faults;

    /// <param name="isGuarded">False: no ledger rows, no guard.</param>
    public FireRun(Uri broker, bool isGuarded, int seed)
        : this(new FireBroker(broker), isGuarded, seed)
    {
    }

    public FireRun(IFireBroker broker, bool isGuarded, int seed)
    {
        (_isGuarded, _broker) = (isGuarded, broker);
        _history = ProcessHistory.Open(Histories, "driver", new InstanceIdentity("driver", TimeProvider.System), TimeProvider.System);
        _load = new FireLoad(_broker, _history, seed);
    }

    /// <summary>More rounds when <c>CONSUMERS_LONG_TESTS</c> is 1.</summary>
    public static int Rounds(int usually, int longer) => Environment.GetEnvironmentVariable("CONSUMERS_LONG_TESTS") == "1" ? longer : usually;

    public static Uri SharedBroker()
    {
        var url = Environment.GetEnvironmentVariable("RABBITMQ_URL");
        Assert.SkipWhen(string.IsNullOrEmpty(url) || url == "embedded", "RABBITMQ_URL names no broker; ./scripts/test.sh starts one");
        return new Uri(url!);
    }

    private string Histories => _folder.File("history");

    public IReadOnlyCollection<string> Names => _hosts.Keys;

    /// <summary>Starts the instances, one after the other, and then the load.</summary>
    public async Task StartAsync(params string[] names)
    {
        await _broker.DeclareAsync();
        foreach (var name in names)
        {
            await StartOneAsync(name);
        }
        _loading = _load.RunAsync(_enough.Token);
    }

    public async Task StartOneAsync(string name)
    {
        var environment = _broker.Environmental().Concat(
        [
            new("Consumers__History__Folder", Histories),
            new("Logging__LogLevel__Default", "Warning"),
            new($"Consumers__{_broker.Module}__Guard", _isGuarded ? "ledger" : "none"),
            new($"Consumers__{_broker.Module}__Record", _isGuarded ? "all" : "none"),
        ]);
        _hosts[name] = await HostProcess.StartAsync(name, environment, _folder);
    }

    /// <summary>Waits until the instance runs at least three tasks.</summary>
    public Task AtWorkAsync(string name) => Eventually.TrueAsync(
        async () => EndToEnd.Fleet.Of((await EndToEnd.Fleet.StatsAsync(_hosts[name], _broker.Module)).GetProperty("instance"), "running") >= 3, $"{name} is at work", TimeSpan.FromSeconds(60));

    /// <summary>kill -9, with the proof that it landed.</summary>
    public async Task KillAsync(string name)
    {
        var host = _hosts[name];
        var pid = host.Pid;
        Fault("plan", FaultSeen.Kill, pid);
        host.Kill9();
        Directory.Exists($"/proc/{pid}").ShouldBeFalse("the killed process is gone");
        FaultProven(FaultSeen.Kill, pid);
        await host.DisposeAsync();
        _hosts.Remove(name);
    }

    /// <summary>SIGTERM, and how it ended.</summary>
    public async Task TerminateAsync(string name)
    {
        var host = _hosts[name];
        var stopwatch = Stopwatch.StartNew();
        var code = await host.TerminateAsync();
        _history.Write(HistoryEvents.Exit, new AttemptKey(name, 0, 0), 0, $"kind=term pid={host.Pid} code={code} ms={stopwatch.ElapsedMilliseconds}");
        await host.DisposeAsync();
        _hosts.Remove(name);
    }

    public void Fault(string op, string kind, int pid) => _history.Write(HistoryEvents.Fault, new AttemptKey(op == "plan" ? $"f{++_faults}" : $"f{_faults}", 0, 0), 0, $"op={op} kind={kind} pid={pid}");

    public void FaultProven(string kind, int pid) => Fault("proof", kind, pid);

    /// <summary>Acks that the fleet has sent since then, oldest first, in microseconds since 1970.</summary>
    public IReadOnlyList<long> AcksSince(long timeUs) =>
        [.. HistoryChecker.ReadFolder(Histories).Where(line => line.Event == HistoryEvents.Ack && line.TimeUs > timeUs).Select(line => line.TimeUs).Order()];

    public static long NowUs() => (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Waits until so many more tasks are acknowledged.</summary>
    public Task GoesOnAsync(int tasks)
    {
        var now = NowUs();
        return Eventually.TrueAsync(() => AcksSince(now).Count >= tasks, $"{tasks} more tasks are acknowledged", TimeSpan.FromSeconds(90));
    }

    /// <summary>Ends the load, waits for rest, stops the fleet, and grades what it left behind. Says the figures in the test's output.</summary>
    public async Task<ProofReport> GradeAsync(string title)
    {
        await _enough.CancelAsync();
        await _loading;
        // Not an assertion: what is not at rest after this long is what the checker reports as lost or stuck.
        await RestAsync(TimeSpan.FromSeconds(150));
        var depths = await _broker.DepthsAsync() ?? new Dictionary<string, long> { ["the broker does not answer"] = -1 };
        foreach (var name in _hosts.Keys.ToArray())
        {
            await TerminateAsync(name);
        }
        var report = HistoryChecker.Check(new ProofInput
        {
            History = HistoryChecker.ReadFolder(Histories),
            Ledger = _isGuarded ? LedgerReader.Tasks(_folder.File("ledger.db")) : null,
            DeadLetters = await _broker.ReadDeadLettersAsync(),
            Depths = depths,
            IsGuarded = _isGuarded,
            Schedule = FireBroker.Schedule,
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{title}\n{report}");
        return report;
    }

    private async Task RestAsync(TimeSpan atMost)
    {
        var deadline = TimeProvider.System.GetUtcNow() + atMost;
        // A depth that was zero once proves nothing: three times in a row, a while apart.
        for (var still = 0; still < 3 && TimeProvider.System.GetUtcNow() < deadline;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
            var depths = await _broker.DepthsAsync();
            still = depths is not null && depths.Values.All(depth => depth == 0) && IsAllFinal() ? still + 1 : 0;
        }
    }

    private bool IsAllFinal()
    {
        if (_isGuarded)
        {
            var states = LedgerReader.States(_folder.File("ledger.db"));
            return states.Values.All(state => state.IsFinal()) && _load.Confirmed.All(states.ContainsKey);
        }
        var final = HistoryChecker.ReadFolder(Histories).Where(line => line.Event == HistoryEvents.Outcome && line["state"] is "COMPLETED" or "FAILED").Select(line => line.Id).ToHashSet();
        return _load.Confirmed.All(final.Contains);
    }

    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync();
        foreach (var host in _hosts.Values)
        {
            await host.DisposeAsync();
        }
        await _broker.DisposeAsync();
        _history.Dispose();
        _enough.Dispose();
        _folder.Dispose();
    }
}
