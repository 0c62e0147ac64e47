using Consumers.Core;

namespace Consumers.Host.Proof;

/// <summary>The way of each task from attempt to attempt.</summary>
internal static class PathChecks
{
    /// <summary>Clocks and brokers round: this much early is on time.</summary>
    private const long ToleranceUs = 5_000;

    /// <summary>A task that killed its process this often is dead-lettered.</summary>
    private const int CrashLimit = 3;

    /// <summary>I3: epochs rise, attempts follow one another, a final state is the last, and the ledger ends where the history does.</summary>
    public static IEnumerable<Finding> LegalPath(FleetHistory history, ProofInput input)
    {
        foreach (var task in history.ByTask)
        {
            long epoch = -1;
            HistoryLine? final = null;
            var (series, attempt) = (0, 0);
            foreach (var line in task)
            {
                if (line.Event == HistoryEvents.Begin && input.IsGuarded && !(input.GuardIsRedis && history.WasWithoutRedis(task.Key)))
                {
                    if (line.Epoch <= epoch)
                    {
                        yield return new("I3", task.Key, $"epoch {line.Epoch} began after epoch {epoch}");
                    }
                    if (final?.Series == line.Series)
                    {
                        yield return new("I3", task.Key, $"attempt {line.Attempt} began after it was {final["state"]}");
                    }
                    if (line.Attempt > (line.Series == series ? attempt : 0) + 1)
                    {
                        yield return new("I3", task.Key, $"attempt {line.Attempt} came after attempt {attempt}");
                    }
                    (epoch, series, attempt) = (line.Epoch, line.Series, line.Attempt);
                }
                final = FleetHistory.IsAccepted(line) && FleetHistory.IsFinal(line) ? line : final;
            }
            if (final is not null && input.Ledger?.GetValueOrDefault(task.Key) is { } row && row.Series == final.Series && row.State.IsFinal() && row.State.ToWire() != final["state"])
            {
                yield return new("I3", task.Key, $"settled as {final["state"]}, but the ledger says {row.State.ToWire()}");
            }
        }
    }

    /// <summary>I7: no attempt begins before its retry is due, and the due time leaves the whole backoff.</summary>
    public static IEnumerable<Finding> NotEarly(FleetHistory history, ProofInput input)
    {
        foreach (var begin in history.Lines.Where(line => line is { Event: HistoryEvents.Begin, Attempt: > 1 }))
        {
            if (LateUs(history, begin) is { } late && late < -ToleranceUs)
            {
                yield return new("I7", begin.Id, $"attempt {begin.Attempt} began {-late / 1000} ms before it was due");
            }
        }
        if (input.Schedule is not { } schedule)
        {
            yield break;
        }
        // The due time itself, not the begin: a busy broker would hide a wait that was chosen too short.
        foreach (var retry in history.Settled.SelectMany(settled => settled).Where(outcome => outcome["due"] is not null))
        {
            var wait = retry.Number("due") - history.Effects[retry.Key].LastOrDefault(effect => effect.Run == retry.Run && effect.TimeUs <= retry.TimeUs)?.TimeUs;
            if (wait < (schedule.TierFor(retry.Attempt - 1).Ticks / TimeSpan.TicksPerMicrosecond) - ToleranceUs)
            {
                yield return new("I7", retry.Id, $"after attempt {retry.Attempt} a wait of {wait / 1000} ms was chosen: less than its backoff");
            }
        }
    }

    /// <summary>
    /// How long after its due time an attempt began; null for a first one, and when the line that said it died with its process. An attempt that was settled twice, for want of a guard, has two retries:
    /// the first of them may come.
    /// </summary>
    public static long? LateUs(FleetHistory history, HistoryLine begin) =>
        history.Settled[begin.Key with { Attempt = begin.Attempt - 1 }].Where(line => line["due"] is not null).MinBy(line => line.Number("due")) is { } outcome
            ? begin.TimeUs - outcome.Number("due")
            : null;

    /// <summary>I8: no attempt beyond the task's maximum, and no more deaths over one attempt than the limit.</summary>
    public static IEnumerable<Finding> Attempts(FleetHistory history, ProofInput input)
    {
        foreach (var task in ArrivalChecks.Tasks(history))
        {
            var most = task.MaxRetries ?? input.Ledger?.GetValueOrDefault(task.Id)?.MaxRetries;
            var beyond = history.ByTask[task.Id].Where(line => line.Event == HistoryEvents.Begin && line.Attempt > most + 1).ToArray();
            if (beyond.Length > 0)
            {
                yield return new("I8", task.Id, $"attempt {beyond[0].Attempt} of at most {most + 1}");
            }
            foreach (var deaths in DeathsOf(history, task.Id).Where(deaths => deaths.Count() > CrashLimit))
            {
                yield return new("I8", task.Id, $"attempt {deaths.Key.Attempt} began {deaths.Count()} times in processes that died of it");
            }
        }
    }

    /// <summary>I18: of two owners of one attempt only the later one's outcome is accepted, and only one is.</summary>
    public static IEnumerable<Finding> NoZombies(FleetHistory history, ProofInput input)
    {
        if (!input.IsGuarded)
        {
            yield break;
        }
        var begins = history.Lines.Where(line => line.Event == HistoryEvents.Begin).ToLookup(line => line.Key);
        foreach (var settled in history.Settled.Where(settled => !(input.GuardIsRedis && history.WasWithoutRedis(settled.Key.TaskId))))
        {
            var stale = settled.FirstOrDefault(outcome => begins[settled.Key].Any(begin => begin.Epoch > outcome.Epoch && begin.TimeUs < outcome.TimeUs));
            if (stale is not null)
            {
                yield return new("I18", stale.Id, $"the outcome of attempt {stale.Attempt} was accepted with epoch {stale.Epoch}, which was no longer the last");
            }
            else if (settled.Select(outcome => outcome.Epoch).Distinct().Count() > 1)
            {
                yield return new("I18", settled.Key.TaskId, $"attempt {settled.Key.Attempt} was settled under more than one epoch");
            }
        }
    }

    private static IEnumerable<IGrouping<AttemptKey, HistoryLine>> DeathsOf(FleetHistory history, string id) =>
        from begin in history.ByTask[id]
        where begin.Event == HistoryEvents.Begin && history.HitRuns.Contains(begin.Run)
        where !history.ByDelivery[(begin.Run, begin.Number("d"))].Any(line => line.Event is HistoryEvents.Outcome or HistoryEvents.HandBack)
        group begin by begin.Key;
}
