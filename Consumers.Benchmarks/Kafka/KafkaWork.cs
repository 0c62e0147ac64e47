namespace Consumers.Benchmarks;

/// <param name="Workers">Tasks at once.</param>
/// <param name="HandlerTime">How long a handler takes; zero for one that returns at once.</param>
/// <param name="HotKey">Whether every other record has the same key; otherwise all keys are used alike.</param>
internal sealed record KafkaWork(int Workers, TimeSpan HandlerTime, bool HotKey = false)
{
    /// <summary>What a handler does, the same for every variant.</summary>
    public ValueTask HandleAsync(CancellationToken cancellationToken) =>
        HandlerTime == TimeSpan.Zero ? ValueTask.CompletedTask : new(Task.Delay(HandlerTime, TimeProvider.System, cancellationToken));

    public override string ToString() => $"{Workers} workers, handler {HandlerTime.TotalMilliseconds} ms{(HotKey ? ", half of the records with one key" : "")}";
}
