using System.Net.Sockets;
using System.Text;
using Consumers.Core;
using Consumers.Fleet;
using Consumers.Host.Hosting;
using Consumers.Ledger;

namespace Consumers.Host.Verify;

/// <summary>Carries out a plan, one fault after the other, and writes into the history what was planned, what shows that it landed, and when what lasts was over.</summary>
internal sealed class FaultInjector(VerifyRequest request, Workplace place, Stage stage, FleetUnderTest fleet, LoadRunner load, HistoryTail tail, ProcessHistory history, Action<string> say)
{
    private static readonly TimeSpan AtWorkWithin = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan CountedWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PoisonWithin = TimeSpan.FromSeconds(120);

    private PlannedFault? _poison;
    private int _deaths;
    private long _provenAt;

    /// <summary>Returns when all have happened and the fleet works again, or does not in time.</summary>
    /// <param name="halfway">Is done between two faults, when half of them are over.</param>
    public async Task RunAsync(Func<Task> halfway, CancellationToken cancellationToken)
    {
        fleet.OnDeath = NoteDeath;
        foreach (var fault in request.Plan.Faults)
        {
            Write(fault, "plan", "");
        }
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < request.Plan.Faults.Count; i++)
        {
            if (i == request.Plan.Faults.Count / 2)
            {
                await halfway();
            }
            var fault = request.Plan.Faults[i];
            var wait = TimeSpan.FromSeconds(fault.AtSeconds) - TimeProvider.System.GetElapsedTime(began);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, TimeProvider.System, cancellationToken);
            }
            await HitAsync(fault, cancellationToken);
        }
        if (request.Plan.Faults.Count == 0)
        {
            await halfway();
        }
    }

    private async Task HitAsync(PlannedFault fault, CancellationToken cancellationToken)
    {
        _provenAt = NowUs();
        string said;
        try
        {
            said = await InjectAsync(fault, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or IOException or SocketException or VerifyAbortedException)
        {
            say($"{fault.Kind.Name} failed: {e.Message}");
            return;
        }
        var since = _provenAt;
        if (fault.Kind.Seconds > 0)
        {
            since = NowUs();
            Write(fault, "end", "");
        }
        var resumed = await Waiting.UntilAsync(
            () =>
            {
                tail.Advance();
                return Task.FromResult(request.Modules.All(module => tail.HasCompletedSince(module, since)));
            },
            fault.Kind.RecoversWithin, cancellationToken);
        if (fault.Kind == FaultKind.Redis)
        {
            await CountedAsync(tail.CompletedBy(ModuleSwitches.Scaling), cancellationToken);
        }
        say($"{said}{(resumed ? "; tasks go on" : "; TASKS DO NOT COMPLETE AGAIN")}");
    }

    /// <summary>In words, what was done.</summary>
    private Task<string> InjectAsync(PlannedFault fault, CancellationToken cancellationToken) =>
        fault.Kind == FaultKind.Kill ? KillAsync(fault, cancellationToken)
        : fault.Kind == FaultKind.Term ? TerminateAsync(fault, cancellationToken)
        : fault.Kind == FaultKind.Freeze ? FreezeAsync(fault, cancellationToken)
        : fault.Kind == FaultKind.Broker ? KillBrokerAsync(fault, cancellationToken)
        : fault.Kind == FaultKind.BrokerDown ? ShutMockAsync(fault, cancellationToken)
        : fault.Kind == FaultKind.Cut ? Task.FromResult(Cut(fault))
        : fault.Kind == FaultKind.BlackHole ? BlackHoleAsync(fault, cancellationToken)
        : fault.Kind == FaultKind.Redis ? KillRedisAsync(fault, cancellationToken)
        : fault.Kind == FaultKind.Ledger ? LockLedgerAsync(fault, cancellationToken)
        : PoisonAsync(fault, cancellationToken);

    private async Task<string> KillAsync(PlannedFault fault, CancellationToken cancellationToken)
    {
        var host = fleet[fault.Victim];
        await AtWorkAsync(host, cancellationToken);
        fleet.Expect(host.Name);
        if (request.Sabotage == SelfTest.IdleFault)
        {
            host.Signal(0);
            return $"kill -9 of {host.Name} with signal 0";
        }
        await host.KillAsync();
        Prove(fault, !Directory.Exists($"/proc/{host.Pid}"), $"pid={host.Pid}");
        await fleet.StartAgainAsync(host.Name, cancellationToken);
        return $"kill -9 of {host.Name} (pid {host.Pid})";
    }

    private async Task<string> TerminateAsync(PlannedFault fault, CancellationToken cancellationToken)
    {
        var host = fleet[fault.Victim];
        await AtWorkAsync(host, cancellationToken);
        await fleet.TerminateAsync(host);
        Prove(fault, !Directory.Exists($"/proc/{host.Pid}"), "");
        await fleet.StartAgainAsync(host.Name, cancellationToken);
        return $"SIGTERM to {host.Name} (pid {host.Pid})";
    }

    private async Task<string> FreezeAsync(PlannedFault fault, CancellationToken cancellationToken)
    {
        var host = fleet[fault.Victim];
        await AtWorkAsync(host, cancellationToken);
        host.Signal(Signals.Stop);
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
            Prove(fault, IsStopped(host.Pid), $"pid={host.Pid}");
            await LastAsync(fault, cancellationToken);
        }
        finally
        {
            host.Signal(Signals.Continue);
        }
        return $"{host.Name} stood still for {fault.Kind.Seconds:0} s";
    }

    private async Task<string> KillBrokerAsync(PlannedFault fault, CancellationToken cancellationToken)
    {
        var pid = await stage.Rabbit!.KillAsync();
        Prove(fault, !Directory.Exists($"/proc/{pid}"), $"pid={pid}");
        await LastAsync(fault, cancellationToken);
        await stage.Rabbit.StartAgainAsync(cancellationToken);
        return $"kill -9 of RabbitMQ (pid {pid}), and its port open again";
    }

    private async Task<string> ShutMockAsync(PlannedFault fault, CancellationToken cancellationToken)
    {
        await stage.Mock!.TellAsync("down");
        var port = int.Parse(stage.KafkaServers.Split(',')[0].Split(':')[^1], System.Globalization.CultureInfo.InvariantCulture);
        Prove(fault, await Waiting.UntilAsync(async () => !await ServesAsync(port), TimeSpan.FromSeconds(3), cancellationToken), "");
        await LastAsync(fault, cancellationToken);
        await stage.Mock.TellAsync("up");
        return $"Kafka's mock cluster was down for {fault.Kind.Seconds:0} s";
    }

    private string Cut(PlannedFault fault)
    {
        var cut = stage.Proxy!.ResetAll();
        Prove(fault, cut > 0, $"connections={cut}");
        return $"{cut} connections to RabbitMQ were reset";
    }

    private async Task<string> BlackHoleAsync(PlannedFault fault, CancellationToken cancellationToken)
    {
        var held = stage.Proxy!.Open;
        stage.Proxy.IsBlackHole = true;
        try
        {
            Prove(fault, held > 0, $"connections={held}");
            await LastAsync(fault, cancellationToken);
        }
        finally
        {
            stage.Proxy.IsBlackHole = false;
        }
        return $"{held} connections to RabbitMQ carried nothing for {fault.Kind.Seconds:0} s";
    }

    private async Task<string> KillRedisAsync(PlannedFault fault, CancellationToken cancellationToken)
    {
        var pid = stage.Redis!.Pid;
        await stage.Redis.KillAsync();
        Prove(fault, !await Waiting.IsOpenAsync(stage.Redis.Port), $"pid={pid}");
        await LastAsync(fault, cancellationToken);
        await stage.Redis.StartAsync(cancellationToken);
        return $"kill -9 of Redis (pid {pid}), away for {fault.Kind.Seconds:0} s";
    }

    private async Task<string> LockLedgerAsync(PlannedFault fault, CancellationToken cancellationToken)
    {
        using var held = await Task.Run(() => LedgerLock.Take(place.Ledger), cancellationToken);
        Prove(fault, held.IsHeld(), "");
        await LastAsync(fault, cancellationToken);
        return $"the ledger was locked for {fault.Kind.Seconds:0} s";
    }

    private async Task<string> PoisonAsync(PlannedFault fault, CancellationToken cancellationToken)
    {
        var module = request.Modules[fault.Victim % request.Modules.Count];
        var id = $"{module}-poison-{fault.Id}";
        _poison = fault;
        try
        {
            var body = Encoding.UTF8.GetBytes($$$"""{"id":"{{{id}}}","type":"flaky","maxRetries":3,"payload":{"mode":"fail-fast","reason":"the task of a fault plan"}}""");
            await load.PublishAsync(module, new LoadMessage(id, null, body, 3, null, 1));
            var ended = await Waiting.UntilAsync(
                async () =>
                {
                    tail.Advance();
                    return tail.IsFinal(id) && (await Task.WhenAll(fleet.Names.Select((_, i) => fleet[i].IsReadyAsync()))).All(ready => ready);
                },
                PoisonWithin, cancellationToken);
            return ended ? $"{id} killed {Volatile.Read(ref _deaths)} processes and was dead-lettered" : $"{id} killed {Volatile.Read(ref _deaths)} processes";
        }
        finally
        {
            _poison = null;
            _deaths = 0;
        }
    }

    /// <summary>An instance that dies while a poisonous task is about died of it, and has landed the fault.</summary>
    private bool NoteDeath(HostChild host)
    {
        if (_poison is not { } fault)
        {
            return false;
        }
        Interlocked.Increment(ref _deaths);
        Prove(fault, true, $"pid={host.Pid}");
        return true;
    }

    private async Task AtWorkAsync(HostChild host, CancellationToken cancellationToken) =>
        await Waiting.UntilAsync(async () => (await Task.WhenAll(request.Modules.Select(host.RunningAsync))).Sum() >= 1, AtWorkWithin, cancellationToken);

    /// <summary>What was settled while Redis was away is in the memory of whoever settled it, and counted in seconds; a kill before that would rightly cost the counts.</summary>
    private Task CountedAsync(int settled, CancellationToken cancellationToken) => Waiting.UntilAsync(
        async () =>
        {
            try
            {
                return (await CountersOutside.ReadAsync(stage.Redis!.Url.ToString(), fleet.Names)).Values.Sum(counts => counts.Processed + counts.Failed + counts.Retried) >= settled;
            }
            catch (FleetUnavailableException)
            {
                return false;
            }
        },
        CountedWithin, cancellationToken);

    private static Task LastAsync(PlannedFault fault, CancellationToken cancellationToken) => Task.Delay(TimeSpan.FromSeconds(fault.Kind.Seconds), TimeProvider.System, cancellationToken);

    private void Prove(PlannedFault fault, bool isProven, string extra)
    {
        if (isProven)
        {
            _provenAt = NowUs();
            Write(fault, "proof", extra);
        }
    }

    private void Write(PlannedFault fault, string op, string extra) =>
        history.Write(HistoryEvents.Fault, new AttemptKey(fault.Id, 0, 0), 0, $"op={op} kind={fault.Kind.Name}{(extra.Length > 0 ? " " + extra : "")}");

    private static bool IsStopped(int pid) => File.ReadAllText($"/proc/{pid}/stat").Contains(") T ", StringComparison.Ordinal);

    /// <summary>A port that takes connections only to close them serves nobody.</summary>
    private static async Task<bool> ServesAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port);
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(300), TimeProvider.System);
            return await client.GetStream().ReadAsync(new byte[1], soon.Token) > 0;
        }
        catch (OperationCanceledException)
        {
            // It holds the connection and waits for a request.
            return true;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }

    private static long NowUs() => (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
