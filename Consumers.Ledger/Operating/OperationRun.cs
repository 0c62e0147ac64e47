using Consumers.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Consumers.Ledger;

/// <summary>
/// Runs one operation while this process owns it: publishes what is claimed, learns how it ended, claims more as the rate allows. All that counts is in the ledger,
/// so whoever owns the operation next goes on where this one ended.
/// </summary>
internal sealed partial class OperationRun(long operation, OperationParts parts) : IDisposable
{
    /// <summary>Small enough that a claim and its publishing take a moment, so that pause and cancel are felt.</summary>
    private const int BatchSize = 200;

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan IdleBeat = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan OutagePause = TimeSpan.FromSeconds(1);

    private readonly TokenBucket _bucket = new(parts.Time);
    private readonly OperationPublisher _publisher = new(operation, parts);
    private readonly OperationOutcomes _outcomes = new(operation, parts);
    private readonly SemaphoreSlim _bell = new(0, 1);
    private string? _note;
    private bool _hasNoted;

    public void Wake()
    {
        lock (_bell)
        {
            if (_bell.CurrentCount == 0)
            {
                _bell.Release();
            }
        }
    }

    public void Dispose() => _bell.Dispose();

    /// <summary>Never throws. Returns when nothing is left to do, another process owns the operation, or this one stops.</summary>
    public async Task ToTheEndAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            TimeSpan? wait;
            try
            {
                wait = await StepAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.Failed(parts.Logger, e, operation);
                wait = OutagePause;
            }
            if (wait is not { } pause)
            {
                return;
            }
            await WaitAsync(pause, stop);
        }
    }

    /// <summary>How long to wait before the next step; null when there is none.</summary>
    private async Task<TimeSpan?> StepAsync(CancellationToken stop)
    {
        var now = await ReadAsync(stop);
        if (now is not { IsOpen: true } || now.Owner != parts.Self.RunId)
        {
            return null;
        }
        if (now is { State: OperationState.Paused or OperationState.Stopped, Claimed: 0, Awaited: 0 })
        {
            await LeaveAsync(stop);
            return null;
        }
        if (now.Claimed > 0)
        {
            var trouble = await _publisher.PublishClaimedAsync(stop);
            await NoteAsync(trouble, stop);
            if (trouble is not null)
            {
                return OutagePause;
            }
        }
        await _outcomes.LearnAsync(now, stop);
        if (now is { State: OperationState.Cancelled, Waiting: > 0 })
        {
            await LetGoAsync(stop);
            return TimeSpan.Zero;
        }
        if (await JudgeAsync(stop))
        {
            return TimeSpan.Zero;
        }
        var allowed = Math.Min(Math.Min(OperationVerdict.Allowance(now), _bucket.Fill(now.RateMilli / 1000.0)), BatchSize);
        if (allowed == 0)
        {
            return OperationVerdict.Allowance(now) > 0 ? Beat : IdleBeat;
        }
        var (taken, held) = await parts.Writer.RunAsync(
            new OperationClaim(operation, (int)allowed, parts.Self, parts.Judge, parts.Pauses.Current, parts.Guards).Execute, isOutcome: false, stop);
        if (now.Kind == OperationKind.Replay && taken > 0)
        {
            CrashPoint.Hit(CrashPoints.ReplayClaimed);
        }
        _bucket.Take(taken);
        await NoteAsync(held is null ? null : $"{(held.Type is null ? held.Module : $"{held.Module}/{held.Type}")} is paused by {held.By}: it goes on when that is resumed.", stop);
        return taken > 0 ? TimeSpan.Zero : IdleBeat;
    }

    private async Task<OperationRecord?> ReadAsync(CancellationToken cancellationToken)
    {
        await using var context = parts.Database.CreateDbContext();
        return await context.Operations.Where(o => o.Row == operation)
            .Select(o => new OperationRecord
            {
                Row = o.Row, Id = o.Id, Kind = o.Kind, State = o.State, Scope = o.Scope, Actor = o.Actor, Modules = o.Modules, RateMilli = o.RateMilli,
                Canary = o.Canary, StopAtFailurePercent = o.StopAtFailurePercent, IsCanaryPassed = o.IsCanaryPassed, JudgedSucceeded = o.JudgedSucceeded, JudgedFailed = o.JudgedFailed,
                Total = o.Total, Waiting = o.Waiting, Claimed = o.Claimed, Published = o.Published, Awaited = o.Awaited, Succeeded = o.Succeeded, FailedAgain = o.FailedAgain,
                IsOpen = o.IsOpen, Owner = o.Owner,
            })
            .FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>True when something has changed by it. Decides by the counts inside the transaction, so that nothing that came meanwhile is overlooked.</summary>
    private async Task<bool> JudgeAsync(CancellationToken cancellationToken)
    {
        // Read without a lock first: the usual answer costs the writer nothing.
        if (await ReadAsync(cancellationToken) is not { } seen || !NeedsVerdict(seen))
        {
            return false;
        }
        return await parts.Writer.RunAsync(
            transaction =>
            {
                if (OperationRows.Read(transaction, operation) is not { } row || row.Owner != parts.Self.RunId || !NeedsVerdict(row))
                {
                    return false;
                }
                if (row.State == OperationState.Running && OperationVerdict.WhyStop(row) is { } why && row.Waiting > 0)
                {
                    OperationRows.Set(transaction, operation, OperationState.Stopped, why);
                    OperationAudit.Ended(transaction, row, parts.Self.Name, OperationAudit.Stopped);
                }
                else if (OperationVerdict.IsOver(row))
                {
                    var end = row.State == OperationState.Running ? OperationState.Done : row.State;
                    OperationRows.End(transaction, operation, end);
                    OperationRows.Close(transaction, operation);
                    OperationAudit.Ended(transaction, row, parts.Self.Name, end.ToWire());
                }
                else
                {
                    OperationRows.PassCanary(transaction, operation);
                }
                return true;
            },
            isOutcome: false,
            cancellationToken);
    }

    private static bool NeedsVerdict(OperationRecord row) =>
        OperationVerdict.IsOver(row)
        || (row.State == OperationState.Running && row.Waiting > 0 && (OperationVerdict.WhyStop(row) is not null || OperationVerdict.HasCanaryEnded(row)));

    /// <summary>Nobody runs it until somebody resumes or cancels it.</summary>
    private Task<bool> LeaveAsync(CancellationToken cancellationToken) => parts.Writer.RunAsync(
        transaction =>
        {
            OperationRows.Leave(transaction, operation, parts.Self);
            return true;
        },
        isOutcome: false,
        cancellationToken);

    private Task<bool> LetGoAsync(CancellationToken cancellationToken) => parts.Writer.RunAsync(
        transaction =>
        {
            var tally = new ItemTally();
            OperationItemRows.GiveUp(transaction, tally, operation, OperationChanges.Cancelled, OperationChanges.Portion);
            tally.Write(transaction, operation);
            return true;
        },
        isOutcome: false,
        cancellationToken);

    private async Task NoteAsync(string? note, CancellationToken cancellationToken)
    {
        // What an earlier runner noted is not known here.
        if (note == _note && _hasNoted)
        {
            return;
        }
        await parts.Writer.RunAsync(
            transaction =>
            {
                OperationRows.Note(transaction, operation, parts.Self, note is null ? null : TaskHeaders.CleanError(note));
                return true;
            },
            isOutcome: false,
            cancellationToken);
        (_note, _hasNoted) = (note, true);
    }

    private async Task WaitAsync(TimeSpan pause, CancellationToken stop)
    {
        try
        {
            if (pause > TimeSpan.Zero)
            {
                using var early = CancellationTokenSource.CreateLinkedTokenSource(stop);
                var bell = _bell.WaitAsync(early.Token);
                await Task.WhenAny(bell, Task.Delay(pause, parts.Time, early.Token));
                await early.CancelAsync();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Operation {Row} is held up, and tried again.")]
        public static partial void Failed(ILogger logger, Exception exception, long row);
    }
}
