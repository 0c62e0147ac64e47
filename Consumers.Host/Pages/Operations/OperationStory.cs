using Consumers.Core;
using Consumers.Host.DeadLetters;

namespace Consumers.Host.Pages.Operations;

/// <summary>An operation's numbers, and what they mean in words.</summary>
internal sealed class OperationStory(Operation operation, DateTimeOffset now)
{
    public Operation Operation { get; } = operation;

    public bool IsReplay => Operation.Kind == OperationKind.Replay;

    /// <summary>Entries whose turn has come.</summary>
    public long Begun => Operation.Total - Operation.Waiting;

    /// <summary>0 to 100.</summary>
    public double Percent => Operation.Total == 0 ? 100 : Math.Clamp(100.0 * Begun / Operation.Total, 0, 100);

    public string Title => $"{(IsReplay ? "Replay" : "Discard")} of {Words.Count(Operation.Total, "dead letter", "dead letters")}";

    /// <summary>What is to be seen of it may still change.</summary>
    public bool IsLive => !Operation.State.IsOver() || Operation.Published > 0;

    /// <summary>Since it began, a second; of one that took no second, what it did.</summary>
    public double Rate => Begun / Math.Max(1, ((Operation.EndedAt ?? now) - Operation.CreatedAt).TotalSeconds);

    public string Sentence => Operation.State switch
    {
        OperationState.Running when Operation.Waiting == 0 => "Every entry has had its turn; it ends when the last is known.",
        OperationState.Running => $"Runs{(Operation.Runner is { } runner ? $" on {runner}" : "; an instance takes it up within seconds")}. {Left}",
        OperationState.Paused => $"Paused. {Words.Count(Operation.Waiting, "entry waits", "entries wait")}; what is published stays published.",
        OperationState.Stopped => $"Stopped by itself. {Words.Count(Operation.Waiting, "entry waits", "entries wait")} until somebody resumes or cancels it.",
        OperationState.Cancelled => $"Cancelled. {Words.Count(Operation.Waiting + Operation.Skipped, "entry was", "entries were")} left as {(Operation.Waiting + Operation.Skipped == 1 ? "it was" : "they were")}.",
        _ => Done,
    };

    private string Left => Operation.Rate > 0
        ? $"{Words.Count(Operation.Waiting, "entry waits", "entries wait")}, about {Words.Duration(TimeSpan.FromSeconds(Math.Min(Operation.Waiting / Operation.Rate, TimeSpan.FromDays(3650).TotalSeconds)))} at {Words.Rate(Operation.Rate)}."
        : $"{Words.Count(Operation.Waiting, "entry waits", "entries wait")}.";

    private string Done
    {
        get
        {
            var what = IsReplay
                ? Operation.FailedAgain == 0 && Operation.Skipped == 0 && Operation.Published == 0 ? "all succeeded" : $"{Operation.Succeeded} succeeded, {Operation.FailedAgain} failed again"
                : $"{Operation.Discarded} discarded";
            var open = Operation.Published > 0 ? $", {Operation.Published} with the broker, whose end is not known yet or is not recorded" : "";
            var skipped = Operation.Skipped > 0 ? $", {Operation.Skipped} skipped" : "";
            return $"Done: {what}{open}{skipped}.";
        }
    }
}
