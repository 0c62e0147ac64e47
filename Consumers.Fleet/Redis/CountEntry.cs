using System.Globalization;
using Consumers.Core;

namespace Consumers.Fleet;

/// <summary>Something to be told to Redis of a task.</summary>
/// <param name="Number">Of the entry in this process: sent again, it is known for the same.</param>
internal sealed record CountEntry(CountEntryKind Kind, AttemptKey Key, CountedAs Counted = default, long BusyMs = 0, long Number = 0)
{
    /// <summary>The mark of the end of the series.</summary>
    public string End => Key.Series.ToString(CultureInfo.InvariantCulture);

    /// <summary>What it is counted under: the end of a series, or an attempt that is tried again.</summary>
    public string Mark => Counted == CountedAs.Retried ? string.Create(CultureInfo.InvariantCulture, $"{Key.Series}.{Key.Attempt}") : End;

    /// <summary>What the task is from now on. One that waits for its retry is queued again.</summary>
    public TaskState State => Kind switch
    {
        CountEntryKind.Began => TaskState.Processing,
        CountEntryKind.Ended when Counted == CountedAs.Processed => TaskState.Completed,
        CountEntryKind.Ended when Counted == CountedAs.Failed => TaskState.Failed,
        _ => TaskState.Queued,
    };
}

internal enum CountEntryKind
{
    Queued,
    Began,
    HandedBack,
    Ended,
}
