namespace Consumers.Core;

/// <summary>What became of the attempts that were in flight when a process was told to stop.</summary>
/// <param name="Reason">For people: <c>SIGTERM</c>, or what failed.</param>
/// <param name="StoppingAt">When it was told; null for one that was not asked.</param>
/// <param name="EndedAt">Of one that died: when it was seen last.</param>
/// <param name="InFlight">Attempts begun and not ended; of one that died, as far as it had told.</param>
/// <param name="Finished">Settled and acknowledged.</param>
/// <param name="HandedBack">Interrupted by the end of the drain timeout, at no cost of an attempt.</param>
/// <param name="Abandoned">Their handlers did not stop, or nothing could be settled any more.</param>
/// <param name="Tasks">Those that were not finished; at most <see cref="FlightRecorder.TasksNamed"/>.</param>
public sealed record DrainReceipt(
    string Reason,
    DateTimeOffset? StoppingAt,
    DateTimeOffset EndedAt,
    int InFlight,
    int Finished,
    int HandedBack,
    int Abandoned,
    IReadOnlyList<UnfinishedTask> Tasks)
{
    public const string Stopped = "stopped";

    public const string Died = "died without draining";

    public TimeSpan? DrainedFor => EndedAt - StoppingAt;
}

/// <param name="Fate">What is known of it: <see cref="HandedBack"/>, <see cref="Abandoned"/> or <see cref="InHand"/>.</param>
public sealed record UnfinishedTask(string Module, string Id, string Type, string Fate)
{
    public const string HandedBack = "handed back";
    public const string Abandoned = "abandoned";

    /// <summary>Begun by a process that died.</summary>
    public const string InHand = "in hand";
}

/// <summary>The receipts of the fleet, where something keeps them.</summary>
public interface IReceipts
{
    /// <summary>The last processes that ended, the latest first.</summary>
    /// <param name="limit">1–200; clamped.</param>
    ValueTask<IReadOnlyList<InstanceReceipt>> ListAsync(int limit, CancellationToken cancellationToken);
}

/// <param name="TakenOver">Attempts that it left begun, and that an instance has begun again since.</param>
public sealed record InstanceReceipt(string Name, string RunId, string Host, int Pid, DateTimeOffset StartedAt, DrainReceipt Receipt, int TakenOver)
{
    /// <summary>Deliveries that its end caused: what it gave back is delivered once more each, and what it left begun was seen to be.</summary>
    public int Redelivered => Math.Max(Receipt.HandedBack + Receipt.Abandoned, TakenOver);

    public bool Died => Receipt.Reason == DrainReceipt.Died;
}
