namespace Consumers.Core;

/// <summary>Whether an attempt may begin. Pure: the row, the claim of the message and what is known of the row's owner decide alone. Every guard that remembers decides by it.</summary>
public static class BeginDecision
{
    /// <summary>A task that killed its process this often is dead-lettered…</summary>
    public const int CrashLimit = 3;

    /// <summary>…when it ran alone in this many of them: the others may have been the fault of a neighbour.</summary>
    public const int SolitaryLimit = 2;

    /// <summary>Clocks and brokers round: a retry that comes out this much early is on time.</summary>
    public const long DueTolerance = 5;

    /// <param name="claim">What the message claims; headers come from outside, so a claim never raises a series.</param>
    /// <param name="row">Null when the guard does not know the task.</param>
    /// <param name="owner">Of a row in PROCESSING.</param>
    /// <param name="now">Unix milliseconds.</param>
    public static BeginVerdict Decide(BeginClaim claim, GuardedTask? row, OwnerLife owner, long now)
    {
        if (row is null)
        {
            return Next(Math.Clamp(claim.Series, 1, TaskHeaders.MaxSeries), claim.Attempt, claim.MaxRetries, default);
        }
        if (claim.Series < row.Series)
        {
            return new BeginVerdict.Settled(Settlement.Ack.Instance, Announces: false);
        }
        return row.State switch
        {
            TaskState.Completed or TaskState.Failed => Final(claim, row),
            TaskState.Retrying => Retry(claim, row, now),
            TaskState.Processing => Running(claim, row, owner),
            _ => Alone(claim, row) ?? Next(row.Series, Math.Max(claim.Attempt, row.Attempt + 1), row.MaxRetries, DeathsOf(row)),
        };
    }

    private static BeginVerdict.Settled Final(BeginClaim claim, GuardedTask row)
    {
        var isTheOne = claim.Attempt == row.Attempt;
        return new(
            isTheOne && row is { Owed: true, State: TaskState.Failed }
                ? new Settlement.DeadLetter(row.DeadReason ?? DeadReason.Permanent, row.Error ?? "")
                : Settlement.Ack.Instance,
            isTheOne);
    }

    private static BeginVerdict Retry(BeginClaim claim, GuardedTask row, long now)
    {
        var dueAt = row.DueAt ?? now;
        // Before the time at which the wait began: the clock was put back, and nobody knows how much of the wait is over. It begins anew, once.
        var isPutBack = now + DueTolerance < row.ChangedAt && row.ChangedAt < dueAt;
        if (isPutBack)
        {
            dueAt = now + dueAt - row.ChangedAt;
        }
        if (claim.Attempt <= row.Attempt)
        {
            var isTheOne = claim.Attempt == row.Attempt;
            return new BeginVerdict.Settled(
                isTheOne && row.Owed
                    ? new Settlement.Retry(DateTimeOffset.FromUnixTimeMilliseconds(dueAt), row.Attempt, row.Error ?? "")
                    : Settlement.Ack.Instance,
                isTheOne);
        }
        if (now + DueTolerance < dueAt)
        {
            return new BeginVerdict.NotDue(dueAt, isPutBack);
        }
        return Alone(claim, row) ?? Next(row.Series, claim.Attempt, row.MaxRetries, DeathsOf(row));
    }

    private static BeginVerdict Running(BeginClaim claim, GuardedTask row, OwnerLife owner)
    {
        if (claim.Attempt < row.Attempt)
        {
            return new BeginVerdict.Settled(Settlement.Ack.Instance, Announces: false);
        }
        if (owner == OwnerLife.Alive)
        {
            return BeginVerdict.Elsewhere.Instance;
        }
        var deaths = owner == OwnerLife.Stopped ? DeathsOf(row)
            : row.Solitary ? DeathsOf(row) with { Solitary = row.SolitaryDeaths + 1 }
            : DeathsOf(row) with { Shared = row.SharedDeaths + 1 };
        if (deaths.Total >= CrashLimit && deaths.Solitary >= SolitaryLimit)
        {
            return new BeginVerdict.Fail(
                row.Series,
                row.Attempt,
                DeadReason.Crashed,
                $"the process died {deaths.Total} times while it ran this task; last on {row.WorkerId}",
                owner);
        }
        if (deaths.Total > 0 && !claim.Solitary)
        {
            return new BeginVerdict.Suspect(deaths);
        }
        return Next(row.Series, claim.Attempt, row.MaxRetries, deaths, owner);
    }

    private static BeginVerdict.Suspect? Alone(BeginClaim claim, GuardedTask row) =>
        DeathsOf(row).Total > 0 && !claim.Solitary ? new BeginVerdict.Suspect(NewDeaths: null) : null;

    private static BeginVerdict Next(int series, int attempt, int maxRetries, Deaths deaths, OwnerLife before = OwnerLife.Alive) =>
        attempt > maxRetries + 1
            ? new BeginVerdict.Fail(series, attempt, DeadReason.Exhausted, $"attempt {attempt} of at most {maxRetries + 1}", before)
            : new BeginVerdict.Begin(series, attempt, deaths, before);

    private static Deaths DeathsOf(GuardedTask row) => new(row.SharedDeaths, row.SolitaryDeaths);
}

/// <summary>What a delivery asks for.</summary>
public readonly record struct BeginClaim(int Series, int Attempt, int MaxRetries, bool Solitary);
