using Consumers.Core;
using Microsoft.EntityFrameworkCore;

namespace Consumers.Ledger;

/// <summary>
/// Publishes what an operation has claimed: the guard hears of the new series first, then the broker has it confirmed, then the ledger says so. Done twice, after a
/// crash or beside a process that was thought dead, it is one execution: the series stands in the item, and the guard runs an attempt of it once.
/// </summary>
internal sealed class OperationPublisher(long operation, OperationParts parts)
{
    private const int BatchSize = 200;

    /// <summary>Of bodies, in memory at once; a larger one goes alone.</summary>
    private const long BatchBytes = 16 * 1024 * 1024;

    /// <summary>Null when all of it is published; else what is in the way.</summary>
    public async Task<string?> PublishClaimedAsync(CancellationToken stop)
    {
        while (await ReadAsync(stop) is { Count: > 0 } items)
        {
            var results = await Task.WhenAll(items.Select(item => PublishAsync(item, stop)));
            var done = results.Where(result => result.Trouble is null).ToArray();
            if (done.Length > 0)
            {
                CrashPoint.Hit(CrashPoints.ReplayConfirmed);
                // Not stopped in between: what is confirmed is best noted.
                await parts.Writer.RunAsync(transaction => Note(transaction, done), isOutcome: false, CancellationToken.None);
            }
            if (done.Length < results.Length)
            {
                return results.First(result => result.Trouble is not null).Trouble;
            }
        }
        return null;
    }

    private async Task<List<ClaimedItem>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var context = parts.Database.CreateDbContext();
        var claimed = context.OperationItems.Where(item => item.Operation == operation && item.State == OperationItemState.Claimed)
            .Join(context.DeadLetters, item => item.DeadLetterRow, letter => letter.Row, (item, letter) => new { Item = item, Letter = letter, letter.Body })
            .OrderBy(all => all.Item.Position);
        var sizes = await claimed.Take(BatchSize).Select(all => all.Letter.BodyBytes).ToListAsync(cancellationToken);
        var bytes = 0L;
        var count = Math.Max(1, sizes.TakeWhile(size => (bytes += size) <= BatchBytes).Count());
        return await claimed.Take(count)
            .Select(all => new ClaimedItem(
                all.Item.Position, all.Letter.Row, all.Letter.Module, all.Letter.Type, all.Item.TaskId, all.Letter.Key, all.Item.Series ?? 1, all.Body!.Body, all.Body.Sha256 != null, all.Body.Headers,
                context.Operations.Where(o => o.Row == operation).Select(o => o.Body).FirstOrDefault()))
            .ToListAsync(cancellationToken);
    }

    private async Task<Result> PublishAsync(ClaimedItem item, CancellationToken stop)
    {
        if (parts.Transport(item.Module) is not { CanPublish: true } transport)
        {
            return new Result(item, null, $"The module {item.Module} is switched off on {parts.Self.Name}.");
        }
        if (ReplayMessages.Of(item, parts.Options.MaxBodyBytes, parts.Options.DefaultMaxRetries, out var why) is not { } message)
        {
            return new Result(item, why, null);
        }
        try
        {
            if (message is { Series: > 1, MessageId: { } id } && transport.Guard == GuardMode.Redis && parts.FleetGuard is { } guard
                && await guard.RaiseAsync(id, message.Series, stop) == SeriesRaise.Refused)
            {
                return new Result(item, ReplayMessages.Refused, null);
            }
            await transport.PublishAgainAsync(message, stop);
            parts.History.Write(HistoryEvents.Replay, new AttemptKey(message.MessageId ?? HistoryLine.Unknown, message.Series, 0), 0, $"action={operation}");
            if (Sabotage.Is(Sabotage.ReplayTwice))
            {
                await PublishOnceMoreAsync(transport, message, stop);
            }
            return new Result(item, null, null);
        }
        catch (Exception e) when (e is PublishFailedException or FleetUnavailableException)
        {
            return new Result(item, null, $"{item.Module} waits: {e.Message}");
        }
    }

    /// <summary>In yet another series, when the first has had time to end.</summary>
    private async Task PublishOnceMoreAsync(ITaskTransport transport, ReplayMessage message, CancellationToken stop)
    {
        await Task.Delay(TimeSpan.FromSeconds(1), parts.Time, stop);
        await parts.Writer.RunAsync(transaction => TaskRows.Raise(transaction, parts.Judge, message.MessageId!, message.Series + 1), isOutcome: false, stop);
        await transport.PublishAgainAsync(message with { Series = message.Series + 1 }, stop);
    }

    private bool Note(LedgerTransaction transaction, Result[] done)
    {
        var tally = new ItemTally();
        foreach (var (item, skipped, _) in done)
        {
            if (skipped is null)
            {
                OperationItemRows.Move(transaction, tally, operation, item.Position, OperationItemState.Claimed, OperationItemState.Published);
            }
            else if (OperationItemRows.Move(transaction, tally, operation, item.Position, OperationItemState.Claimed, OperationItemState.Skipped, skipped))
            {
                DeadLetterRows.Move(transaction, item.DeadLetterRow, DeadLetterState.Replayed, DeadLetterState.Dead);
            }
        }
        tally.Write(transaction, operation);
        return true;
    }

    /// <param name="Skipped">Why it cannot be done; null when it was published.</param>
    /// <param name="Trouble">Why it must be tried again; null when it is settled.</param>
    private readonly record struct Result(ClaimedItem Item, string? Skipped, string? Trouble);
}
