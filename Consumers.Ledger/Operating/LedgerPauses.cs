using Consumers.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consumers.Ledger;

/// <summary>
/// The fleet's pauses: read before any module starts, and four times a second from then on, so that what one instance was told all of them know.
/// While the ledger cannot be read, what was read last holds.
/// </summary>
internal sealed partial class LedgerPauses(LedgerDatabase database, LedgerWriter writer, TimeProvider time, ILogger<LedgerPauses> logger) : BackgroundService, IHostedLifecycleService, IPauses
{
    public static readonly TimeSpan ReadInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>One read after another, or an older one could hide a newer.</summary>
    private readonly SemaphoreSlim _oneRead = new(1, 1);

    private volatile PauseList _current = PauseList.None;
    private bool _isBlind;

    public PauseList Current => _current;

    public ValueTask<PauseChange> PauseAsync(PauseOrder order, CancellationToken cancellationToken) => ChangeAsync(order, PauseRows.Pause, cancellationToken);

    public ValueTask<PauseChange> ResumeAsync(PauseOrder order, CancellationToken cancellationToken) => ChangeAsync(order, PauseRows.Resume, cancellationToken);

    /// <summary>Waits until it is known: what is paused must not run because this process has just started.</summary>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        while (!await TryReadAsync(cancellationToken))
        {
            await Task.Delay(ReadInterval, time, cancellationToken);
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose()
    {
        base.Dispose();
        _oneRead.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(ReadInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryReadAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async ValueTask<PauseChange> ChangeAsync(PauseOrder order, Func<LedgerTransaction, string, PauseOrder, PauseChange> change, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7(time.GetUtcNow()).ToString();
        var changed = await writer.RunAsync(transaction => change(transaction, id, order), isOutcome: true, cancellationToken);
        // It is durable: a read that fails now is made up for by the next.
        await TryReadAsync(CancellationToken.None);
        return changed;
    }

    private async Task<bool> TryReadAsync(CancellationToken cancellationToken)
    {
        await _oneRead.WaitAsync(cancellationToken);
        try
        {
            Take(new PauseList(database.Read(PauseRows.All)));
            _isBlind = false;
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (!_isBlind)
            {
                Log.NotRead(logger, e);
            }
            _isBlind = true;
            return false;
        }
        finally
        {
            _oneRead.Release();
        }
    }

    private void Take(PauseList read)
    {
        var before = _current;
        if (read.All.Count == 0 && before.All.Count == 0)
        {
            return;
        }
        _current = read;
        foreach (var pause in read.All.Except(before.All))
        {
            Log.Paused(logger, NameOf(pause), pause.By, pause.Since, pause.Why);
        }
        foreach (var pause in before.All.Except(read.All).Where(pause => read.Find(pause.Module, pause.Type) is null))
        {
            Log.Resumed(logger, NameOf(pause));
        }
    }

    private static string NameOf(Pause pause) => pause.Type is { } type ? $"Task type {type} of {pause.Module}" : $"Module {pause.Module}";

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{What} is paused by {By} since {Since}: {Why}")]
        public static partial void Paused(ILogger logger, string what, string by, DateTimeOffset since, string? why);

        [LoggerMessage(2, LogLevel.Information, "{What} is resumed")]
        public static partial void Resumed(ILogger logger, string what);

        [LoggerMessage(3, LogLevel.Warning, "What is paused could not be read; what was known last holds until it can.")]
        public static partial void NotRead(ILogger logger, Exception exception);
    }
}
