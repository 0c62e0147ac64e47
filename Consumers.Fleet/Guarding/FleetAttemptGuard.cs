using System.Collections.Concurrent;
using Consumers.Core;

namespace Consumers.Fleet;

/// <summary>
/// The guard on a store that replaces values. Every decision is <see cref="BeginDecision"/>'s; whoever replaces the value it knows has decided.
/// A new task costs one call, any other two. Where there are counters, they are told in the same calls.
/// </summary>
internal sealed class FleetAttemptGuard(IGuardStore store, GuardAway away, GuardRepairs repairs, RedisTaskCounters? counters, InstanceIdentity self, TimeProvider time) : IAttemptGuard
{
    /// <summary>The epoch of what was begun without the store.</summary>
    private const long Unguarded = 0;

    private const int MostOwed = 10_000;

    /// <summary>The values that this process has written for what it runs, and for what it owes.</summary>
    private readonly ConcurrentDictionary<(string TaskId, long Epoch), Written> _begun = new();
    private readonly ConcurrentDictionary<AttemptKey, string> _owed = new();

    public bool Counts => counters is not null;

    public async ValueTask<AttemptBegin> BeginAsync(AttemptRequest request, CancellationToken cancellationToken)
    {
        var attempt = new Attempt(request);
        while (true)
        {
            try
            {
                return await TryBeginAsync(attempt, cancellationToken);
            }
            catch (FleetUnavailableException) when (away == GuardAway.Continue)
            {
                return await BeginUnguardedAsync(attempt, cancellationToken);
            }
            catch (FleetUnavailableException)
            {
                await store.BackAsync(cancellationToken);
            }
        }
    }

    public async ValueTask<AttemptEnd> SettleAsync(AttemptResult result, CancellationToken cancellationToken)
    {
        if (!_begun.TryRemove((result.Key.TaskId, result.Epoch), out var begun))
        {
            return result.Epoch == Unguarded ? await SettleUnguardedAsync(result, cancellationToken) : new AttemptEnd(false, 0);
        }
        var settled = GuardTransitions.Settle(begun.Task, result);
        var text = GuardedTaskText.Write(settled);
        if (result.Epoch == Unguarded)
        {
            // It may have been begun in the store after all, where it would look as if it ran for ever.
            repairs.Add(result.Key.TaskId, begun.Text, text);
            return await SettleUnguardedAsync(result, cancellationToken);
        }
        var isWritten = await WriteAsync(result.Key.TaskId, begun.Text, text, counters?.EndOf(result.Key, result.State.CountsAs(), result.Busy), cancellationToken);
        if (isWritten && settled.Owed)
        {
            RememberDebt(result.Key, text);
        }
        return new AttemptEnd(isWritten, settled.Seq);
    }

    public async ValueTask ReleaseAsync(AttemptKey key, long epoch, CancellationToken cancellationToken)
    {
        if (_begun.TryRemove((key.TaskId, epoch), out var begun))
        {
            var task = begun.Task;
            var back = GuardTransitions.TakeBack(task, new Deaths(task.SharedDeaths, task.SolitaryDeaths), Now);
            await WriteAsync(key.TaskId, begun.Text, GuardedTaskText.Write(back), told: null, cancellationToken);
        }
    }

    public void NotePaid(AttemptKey key)
    {
        if (_owed.TryRemove(key, out var text))
        {
            repairs.Note(key.TaskId, text, GuardedTaskText.Write(GuardedTaskText.Read(text)! with { Owed = false }));
        }
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private async ValueTask<AttemptBegin> TryBeginAsync(Attempt attempt, CancellationToken cancellationToken)
    {
        var id = attempt.Request.Message.Id;
        while (true)
        {
            if (attempt.Tried is null)
            {
                var owner = attempt.Known is { State: TaskState.Processing } running ? await store.JudgeAsync(running.Owner, cancellationToken) : OwnerLife.Alive;
                var (answer, next) = GuardTransitions.Begin(attempt.Request, Believed(attempt), owner, self, Now);
                if (next is null)
                {
                    RememberDebt(answer, attempt.Text);
                    return answer;
                }
                (attempt.Answer, attempt.Tried) = (answer, new Written(GuardedTaskText.Write(next), next));
            }
            // The same value again after a lost answer, so that it is known for this call's own.
            var told = attempt.Answer is AttemptBegin.Begun { Key: var begins } ? (counters is null ? null : RedisTaskCounters.BeginOf(begins)) : null;
            var replacement = await store.ReplaceAsync(id, attempt.Text, attempt.Tried.Text, told, cancellationToken);
            if (replacement.IsWritten)
            {
                if (attempt.Answer is AttemptBegin.Begun begun)
                {
                    _begun[(id, begun.Epoch)] = attempt.Tried;
                }
                RememberDebt(attempt.Answer!, attempt.Tried.Text);
                return attempt.Answer!;
            }
            attempt.Tried = null;
            attempt.Text = replacement.Current;
            attempt.Known = replacement.Current is null ? null : GuardedTaskText.Read(replacement.Current);
            if (attempt.Known is null && replacement.Current is not null)
            {
                await store.SetAsideAsync(id, cancellationToken);
                attempt.Text = null;
            }
        }
    }

    /// <summary>What is known; where a replay may have been announced to another process's memory only, a failed task is in the series that the message claims.</summary>
    private GuardedTask? Believed(Attempt attempt) =>
        !store.IsShared && attempt.Known is { State: TaskState.Failed } failed && attempt.Request.Series > failed.Series
            ? GuardTransitions.Raised(failed, attempt.Request.Series, Now)
            : attempt.Known;

    private async ValueTask<AttemptBegin> BeginUnguardedAsync(Attempt attempt, CancellationToken cancellationToken)
    {
        repairs.CountUnguarded();
        var begin = await NoGuard.Instance.BeginAsync(attempt.Request, cancellationToken);
        if (begin is AttemptBegin.Begun && attempt is { Tried: { } tried, Answer: AttemptBegin.Begun })
        {
            _begun[(attempt.Request.Message.Id, Unguarded)] = tried;
        }
        return begin;
    }

    private ValueTask<AttemptEnd> SettleUnguardedAsync(AttemptResult result, CancellationToken cancellationToken)
    {
        counters?.Ended(result.Key, result.State.CountsAs(), result.Busy);
        return NoGuard.Instance.SettleAsync(result, cancellationToken);
    }

    /// <summary>True when the value was what this process had written. A store that was emptied meanwhile knows nobody else either, so the outcome is written there.</summary>
    private async ValueTask<bool> WriteAsync(string taskId, string expected, string next, CountEntry? told, CancellationToken cancellationToken)
    {
        var known = expected;
        while (true)
        {
            try
            {
                var replacement = await store.ReplaceAsync(taskId, known, next, told, cancellationToken);
                if (replacement.IsWritten || replacement.Current is not null || known is null)
                {
                    return replacement.IsWritten;
                }
                known = null;
            }
            catch (FleetUnavailableException) when (away == GuardAway.Continue)
            {
                repairs.Add(taskId, expected, next);
                // The same entry: should it have been counted after all, it is known for that.
                if (told is not null)
                {
                    counters!.Tell(told);
                }
                return true;
            }
            catch (FleetUnavailableException)
            {
                await store.BackAsync(cancellationToken);
            }
        }
    }

    private void RememberDebt(AttemptBegin answer, string? text)
    {
        if (answer is AttemptBegin.AlreadySettled { Owed: Settlement.Retry or Settlement.DeadLetter, Key: var key } && text is not null)
        {
            RememberDebt(key, text);
        }
    }

    private void RememberDebt(AttemptKey key, string text)
    {
        if (_owed.Count >= MostOwed)
        {
            // What was settled here and paid elsewhere is never noted here.
            _owed.Clear();
        }
        _owed[key] = text;
    }

    /// <summary>A value as it was written, and what it says.</summary>
    private sealed record Written(string Text, GuardedTask Task);

    /// <summary>What one begin knows, over all its tries.</summary>
    private sealed class Attempt(AttemptRequest request)
    {
        public AttemptRequest Request => request;

        /// <summary>The value as it is in the store; null for none.</summary>
        public string? Text { get; set; }

        public GuardedTask? Known { get; set; }

        /// <summary>What was sent to replace it, and is not known to have been refused.</summary>
        public Written? Tried { get; set; }

        /// <summary>What to answer when <see cref="Tried"/> is written.</summary>
        public AttemptBegin? Answer { get; set; }
    }
}
