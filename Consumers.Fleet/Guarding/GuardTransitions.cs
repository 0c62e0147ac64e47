using Consumers.Core;

namespace Consumers.Fleet;

/// <summary>What becomes of a guarded task, as pure functions of its value.</summary>
internal static class GuardTransitions
{
    /// <summary>What to answer to a task that wants to begin, and the value to write before it is answered; null when nothing changes.</summary>
    /// <param name="now">Unix milliseconds.</param>
    public static (AttemptBegin Answer, GuardedTask? Next) Begin(AttemptRequest request, GuardedTask? task, OwnerLife owner, InstanceIdentity self, long now)
    {
        var message = request.Message;
        var claim = new BeginClaim(request.Series, message.RetryCount + 1, message.MaxRetries, request.Solitary);
        switch (BeginDecision.Decide(claim, task, owner, now))
        {
            case BeginVerdict.Begin begin:
                var begun = Known(message, task, begin.Series) with
                {
                    State = TaskState.Processing,
                    WorkerId = self.Name,
                    Owner = self.RunId,
                    Attempt = begin.Attempt,
                    // Not below the clock: a store that was emptied does not hand out an old epoch again.
                    Epoch = Math.Max((task?.Epoch ?? 0) + 1, now),
                    Seq = (task?.Seq ?? 0) + 1,
                    ChangedAt = now,
                    DueAt = null,
                    DeadReason = null,
                    Error = null,
                    Solitary = request.Solitary,
                    SharedDeaths = begin.Deaths.Shared,
                    SolitaryDeaths = begin.Deaths.Solitary,
                    Owed = false,
                };
                return (new AttemptBegin.Begun(new AttemptKey(begun.Id, begun.Series, begun.Attempt), begun.Epoch, begun.Seq, begun.MaxRetries), begun);
            case BeginVerdict.Fail fail:
                var failed = Known(message, task, fail.Series) with
                {
                    State = TaskState.Failed,
                    WorkerId = task?.WorkerId ?? self.Name,
                    Owner = null,
                    Attempt = fail.Attempt,
                    Seq = (task?.Seq ?? 0) + 1,
                    ChangedAt = now,
                    DueAt = null,
                    DeadReason = fail.Reason,
                    Error = fail.Error,
                    Solitary = false,
                    SharedDeaths = 0,
                    SolitaryDeaths = 0,
                    Owed = true,
                };
                return (new AttemptBegin.AlreadySettled(KeyOf(failed), new Settlement.DeadLetter(fail.Reason, fail.Error), failed.Announcement()), failed);
            case BeginVerdict.Settled settled:
                return (
                    new AttemptBegin.AlreadySettled(
                        settled.Announces ? KeyOf(task!) : new AttemptKey(message.Id, task!.Series, claim.Attempt),
                        settled.Owed,
                        settled.Announces ? task!.Announcement() : null),
                    null);
            case BeginVerdict.NotDue notDue:
                return (
                    new AttemptBegin.NotDue(DateTimeOffset.FromUnixTimeMilliseconds(notDue.DueAt)),
                    notDue.IsNew ? task! with { DueAt = notDue.DueAt, ChangedAt = now } : null);
            case BeginVerdict.Suspect suspect:
                return (AttemptBegin.Suspect.Instance, suspect.NewDeaths is { } deaths ? TakeBack(task!, deaths, now) : null);
            default:
                return (AttemptBegin.RunningElsewhere.Instance, null);
        }
    }

    public static GuardedTask Settle(GuardedTask begun, AttemptResult result) => begun with
    {
        State = result.State,
        Owner = null,
        Seq = begun.Seq + 1,
        ChangedAt = result.EndedAt.ToUnixTimeMilliseconds(),
        DueAt = (result.Owed as Settlement.Retry)?.DueAt.ToUnixTimeMilliseconds(),
        DeadReason = (result.Owed as Settlement.DeadLetter)?.Reason,
        Error = result.Error is null ? null : TaskHeaders.CleanError(result.Error),
        Solitary = false,
        SharedDeaths = 0,
        SolitaryDeaths = 0,
        Owed = result.Owed is Settlement.Retry or Settlement.DeadLetter,
    };

    /// <summary>As if the attempt had not begun: the next delivery begins the same one.</summary>
    public static GuardedTask TakeBack(GuardedTask begun, Deaths deaths, long now) => begun with
    {
        State = begun.Attempt > 1 ? TaskState.Retrying : TaskState.Queued,
        Attempt = begun.Attempt - 1,
        Seq = begun.Seq + 1,
        ChangedAt = now,
        WorkerId = null,
        Owner = null,
        Solitary = false,
        SharedDeaths = deaths.Shared,
        SolitaryDeaths = deaths.Solitary,
    };

    /// <summary>Queued in another series, as a replay has it.</summary>
    public static GuardedTask Raised(GuardedTask task, int series, long now) => task with
    {
        State = TaskState.Queued,
        Series = series,
        Attempt = 0,
        Seq = task.Seq + 1,
        ChangedAt = now,
        WorkerId = null,
        Owner = null,
        DueAt = null,
        DeadReason = null,
        Error = null,
        Solitary = false,
        SharedDeaths = 0,
        SolitaryDeaths = 0,
        Owed = false,
    };

    public static AttemptKey KeyOf(GuardedTask task) => new(task.Id, task.Series, task.Attempt);

    private static GuardedTask Known(TaskMessage message, GuardedTask? task, int series) =>
        task ?? new GuardedTask { Id = message.Id, Type = message.Type, MaxRetries = message.MaxRetries, Series = series };
}
