using Consumers.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consumers.Ledger;

/// <summary>
/// Opens the ledger before any module starts, keeps this process's lease while it runs, and marks it stopped after all modules have ended.
/// </summary>
internal sealed partial class LeaseKeeper(
    LedgerMigrator migrator,
    LedgerWriter writer,
    InstanceIdentity self,
    HostIdentity host,
    OwnerJudge judge,
    LeaseWatch leases,
    FlightRecorder flights,
    LedgerDatabase database,
    TimeProvider time,
    ILogger<LeaseKeeper> logger) : IHostedLifecycleService
{
    public static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _stopping = new();
    private volatile InstanceReport _report = new(
        self.Name, self.RunId, self.Host, self.Pid, InstanceIdentity.Version, "", null, self.StartedAt, self.StartedAt, InstanceStates.Running, 0, 0, 0);

    private Task _renewing = Task.CompletedTask;

    /// <summary>What the next renewal writes.</summary>
    public void Report(InstanceReport report) => _report = report;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await migrator.MigrateAsync(cancellationToken);
        CrashPoint.Hit(CrashPoints.Recovering);
        writer.Start();
        await RegisterAsync(cancellationToken);
        CrashPoint.Hit(CrashPoints.Recovering);
        _renewing = RenewAsync(_stopping.Token);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _renewing;
        _stopping.Dispose();
        _report = _report with { State = InstanceStates.Stopped, Running = 0 };
        try
        {
            // Without it the lease runs out by itself, so a ledger that is away does not hold up the stop for long.
            await RenewOnceAsync(flights.Receipt(), cancellationToken).WaitAsync(RenewEvery, time, cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException)
        {
            Log.NotMarked(logger, self.Name);
        }
    }

    /// <summary>Takes the name, or says who has it. A namesake that died without a word, where nobody can look, keeps it until its lease runs out.</summary>
    private async Task RegisterAsync(CancellationToken cancellationToken)
    {
        Namesake? waitedFor = null;
        while (true)
        {
            var other = await writer.RunAsync(Register, isOutcome: false, cancellationToken);
            if (other is not { } namesake)
            {
                return;
            }
            // Renewed since: it lives.
            if (waitedFor is { } before && before.RunId == namesake.RunId && before.LeaseUntil != namesake.LeaseUntil)
            {
                throw new InstanceNameTakenException(self.Name, namesake.Host, namesake.Pid);
            }
            waitedFor = namesake;
            Log.Waiting(logger, self.Name, namesake.Pid, namesake.Host);
            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken);
        }
    }

    private Namesake? Register(LedgerTransaction transaction)
    {
        leases.Look(transaction);
        foreach (var namesake in InstanceRows.Namesakes(transaction, self))
        {
            if (judge.Judge(transaction, namesake.RunId) == OwnerLife.Alive)
            {
                return namesake;
            }
        }
        InstanceRows.Renew(transaction, _report, host);
        NoteDead(transaction);
        InstanceRows.Prune(transaction);
        ReceiptRows.Prune(transaction, database.Options.Retention);
        return null;
    }

    private async Task RenewAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(RenewEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                try
                {
                    await RenewOnceAsync(null, stopping);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    Log.NotRenewed(logger, e);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    /// <param name="receipt">At the end.</param>
    internal Task<bool> RenewOnceAsync(DrainReceipt? receipt, CancellationToken cancellationToken) => writer.RunAsync(
        transaction =>
        {
            leases.Look(transaction);
            InstanceRows.Renew(transaction, _report, host);
            if (receipt is not null)
            {
                ReceiptRows.Write(transaction, self, receipt);
            }
            else
            {
                // Somebody took a process that stood still for a dead one.
                ReceiptRows.Withdraw(transaction, self.RunId);
                NoteDead(transaction);
            }
            return true;
        },
        isOutcome: false,
        cancellationToken);

    /// <summary>Who dies without draining writes no receipt: whoever sees it first does.</summary>
    private void NoteDead(LedgerTransaction transaction)
    {
        foreach (var (runId, name) in ReceiptRows.Unreceipted(transaction, self.RunId))
        {
            if (judge.Judge(transaction, runId) == OwnerLife.Dead && ReceiptRows.WriteDead(transaction, runId) is { } inHand)
            {
                Log.Died(logger, name, inHand);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Process {Pid} on {Host} had the name {Name} until lately; waiting for its lease to run out.")]
        public static partial void Waiting(ILogger logger, string name, int pid, string host);

        [LoggerMessage(2, LogLevel.Error, "The lease was not renewed.")]
        public static partial void NotRenewed(ILogger logger, Exception exception);

        [LoggerMessage(4, LogLevel.Warning, "{Name} died without draining; it had begun {InHand} tasks and not ended them, as far as it had told")]
        public static partial void Died(ILogger logger, string name, int inHand);

        [LoggerMessage(3, LogLevel.Warning, "The ledger could not note that {Name} has stopped; what it left behind is taken over when its lease runs out.")]
        public static partial void NotMarked(ILogger logger, string name);
    }
}
