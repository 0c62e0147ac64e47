using Consumers.Core;

namespace Consumers.Fleet;

/// <summary>Something to be told to Redis of a task.</summary>
/// <param name="Number">Of the entry in this process: sent again, it is known for the same.</param>
internal readonly record struct CountEntry(CountEntryKind Kind, AttemptKey Key, CountedAs Counted, long BusyMs, long Number);

internal enum CountEntryKind
{
    Queued,
    Began,
    HandedBack,
    Ended,
}
