namespace Consumers.Core;

/// <summary>For modules that do not count.</summary>
internal sealed class NoCounters : ITaskCounters
{
    public static readonly NoCounters Instance = new();

    public void Queued(string taskId) { }

    public void Began(AttemptKey key) { }

    public void Ended(AttemptKey key, CountedAs counted, TimeSpan busy) { }

    public void Duplicate(AttemptKey key, CountedAs? counted) { }

    public void HandedBack(AttemptKey key) { }

    public void Rejected() { }
}
