using System.Globalization;
using Consumers.Core;

namespace Consumers.Host.Pages.Tasks;

/// <summary>A task's row and attempts, and what they mean in words.</summary>
/// <param name="connection">Of the module's broker; null when this host has no such module.</param>
/// <param name="pause">By somebody, of the task's module or its type; null while neither is paused.</param>
/// <param name="breaker">Of the task's type in this host; null while it is not open.</param>
/// <param name="ahead">A task of the same key that runs, where a key keeps its order; null when there is none.</param>
internal sealed class TaskStory(TaskDetails details, DependencyState? connection, Pause? pause, TypePause? breaker, TaskRow? ahead, RetrySchedule schedule, DateTimeOffset now)
{
    public TaskRow Task { get; } = details.Task;

    public IReadOnlyList<AttemptRow> Attempts { get; } = [.. details.Attempts.OrderBy(attempt => attempt.Series).ThenBy(attempt => attempt.Attempt).ThenBy(attempt => attempt.Epoch)];

    public PayloadText Payload { get; } = PayloadText.Of(details.Task.Payload);

    /// <summary>The broker has no message of it any more.</summary>
    public bool IsOrphaned { get; init; }

    /// <summary>Where it is now, and why it does not run when it does not.</summary>
    public string Now => Task.State switch
    {
        _ when IsOrphaned => $"Orphaned: {Since()}, and the broker has no message of it. Was a queue purged or deleted? Publish it again on the page of the module, or with POST /api/{Task.Module}/orphans/publish; it goes on with attempt {Task.RetryCount + 1}.",
        TaskState.Queued when details.AwaitsPublishing => connection is { Health: not DependencyHealth.Up }
            ? $"Accepted and safe in the ledger, not yet published: {connection.Name} is {Words.Health(connection.Health)} since {Clock(connection.Since)}. It is published when the broker is back."
            : "Accepted and safe in the ledger; it is being published.",
        TaskState.Queued when WhyPaused is { } why => why,
        TaskState.Queued when ahead is not null => $"Waits behind key {ahead.Key}: task {ahead.Id} of the same key runs{(ahead.StartTime is { } since ? $" since {Clock(since)}" : "")}, and tasks of one key keep their order.",
        TaskState.Queued => $"Waits in the work queue since {Clock(Task.CreatedAt)}, for an instance with a free slot.",
        TaskState.Processing => Task.StartTime is { } start
            ? $"Runs on {Task.WorkerId} since {Clock(start)}, {Words.Duration(now - start)} so far."
            : $"Runs on {Task.WorkerId}.",
        TaskState.Retrying => Waiting(),
        TaskState.Completed => $"Done{At(Task.CompletedTime)}{On()}.",
        _ => $"Dead-lettered{At(Task.CompletedTime)} as {Task.DeadReason ?? "failed"}{Why(Task.DeadReason)}",
    };

    /// <summary>Who brought it here.</summary>
    public string Origin => details.AcceptedAt is { } accepted
        ? $"published through the API, and safe in the ledger at {Clock(accepted)}{(details.AwaitsPublishing ? "; no broker has confirmed it yet" : "")}"
        : "published straight to the broker by its producer";

    /// <summary>What is to come; null for a task that is at its end, or runs.</summary>
    public (DateTimeOffset? At, string Text)? Next => Task.State switch
    {
        TaskState.Retrying => (Task.DueAt, $"attempt {Task.RetryCount + 1} of {Task.MaxRetries + 1} is due"),
        TaskState.Queued => (null, $"attempt {Task.RetryCount + 1} of {Task.MaxRetries + 1} begins when an instance takes it"),
        _ => null,
    };

    public static string? Length(AttemptRow attempt) => attempt.EndedAt is { } end ? Words.Duration(end - attempt.StartedAt) : null;

    /// <summary>Between an attempt and the next: which tier was chosen.</summary>
    public string? Backoff(AttemptRow attempt) => attempt is { DueAt: { } due, EndedAt: { } end }
        ? $"{(due > now && attempt == Attempts[^1] ? "waits" : "waited")} in tier {RetrySchedule.NameOf(schedule.TierWithin(due - end))}, due {Clock(due)}"
        : null;

    private string Since() => Task.State switch
    {
        TaskState.Processing => $"it was begun on {Task.WorkerId}{At(Task.StartTime)}, which is gone",
        TaskState.Retrying => $"its retry was due{At(Task.DueAt)}",
        _ => $"it was accepted{At(Task.CreatedAt)}",
    };

    private string Waiting()
    {
        if (Task.DueAt is not { } due)
        {
            return "Waits for its next attempt.";
        }
        if (due <= now && WhyPaused is { } paused)
        {
            return $"Was due at {Clock(due)}, {Words.Duration(now - due)} ago. {paused}";
        }
        var last = Attempts.LastOrDefault(attempt => attempt.EndedAt is not null);
        var tier = last is { EndedAt: { } end } ? $" in tier {RetrySchedule.NameOf(schedule.TierWithin(due - end))}" : "";
        return due > now
            ? $"Waits{tier} until {Clock(due)}, {Words.Duration(due - now)} from now; then attempt {Task.RetryCount + 1} of {Task.MaxRetries + 1}."
            : $"Was due{tier} at {Clock(due)}, {Words.Duration(now - due)} ago; its next attempt begins when an instance has a free slot.";
    }

    private string? WhyPaused =>
        pause is not null ? $"It does not run: the {(pause.Type is { } type ? $"type {type}" : $"module {pause.Module}")} is {Words.Paused(pause, null, now)}. Waiting costs no attempt."
        : breaker is not null ? $"It does not run, because its type is paused; waiting costs no attempt. {Words.Pause(breaker)}"
        : null;

    private string On() => Task.WorkerId is { } worker ? $" on {worker}" : "";

    private static string Why(string? reason) => reason switch
    {
        "exhausted" => ": every attempt failed.",
        "permanent" => ": the handler said that no retry can help.",
        "no-handler" => ": no handler does this type.",
        "crashed" => ": its process died each time it ran.",
        _ => ".",
    };

    private string At(DateTimeOffset? time) => time is { } at ? $" at {Clock(at)}" : "";

    private string Clock(DateTimeOffset time)
    {
        var utc = time.UtcDateTime;
        return utc.ToString(utc.Date == now.UtcDateTime.Date ? "HH:mm:ss" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }
}
