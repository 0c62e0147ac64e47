namespace Consumers.Core;

/// <summary>What a guard answers when a replay raises the series of a task.</summary>
public enum SeriesRaise
{
    /// <summary>The task waits in that series, or has gone on from there: asked twice it is raised once.</summary>
    Raised,

    /// <summary>The guard does not know the task (any more): it believes the series that the message claims.</summary>
    Unknown,

    /// <summary>It has completed, or a live process runs it now. Nothing was changed.</summary>
    Refused,
}
