namespace Consumers.Core;

/// <summary>The events of a history. What each line carries beyond the key stands in its <c>name=value</c> pairs.</summary>
public static class HistoryEvents
{
    /// <summary>A process began its history: <c>pid</c>.</summary>
    public const string Start = "start";

    /// <summary>A delivery came in: <c>d</c>, its number in this process, as in all that follow; on Kafka <c>at</c>, its <c>topic:partition:offset</c>.</summary>
    public const string Deliver = "deliver";

    /// <summary>A delivery that is no task: <c>reason</c>.</summary>
    public const string Reject = "reject";

    /// <summary>The guard let the attempt begin.</summary>
    public const string Begin = "begin";

    /// <summary>The guard answered the outcome: <c>state</c>, <c>accepted</c> 1 or 0, <c>due</c> of a retry in microseconds.</summary>
    public const string Outcome = "outcome";

    /// <summary>The broker confirmed a message: <c>kind</c> retry, dead, park or status; a status with <c>state</c> and <c>seq</c>.</summary>
    public const string Out = "out";

    /// <summary>The delivery's ack is handed to its channel.</summary>
    public const string Ack = "ack";

    /// <summary>Put off: <c>due</c>.</summary>
    public const string Park = "park";

    public const string HandBack = "handback";

    /// <summary>The attempt is settled already: <c>owed</c> none, retry or dead; <c>state</c> where that is known.</summary>
    public const string Duplicate = "duplicate";

    /// <summary>Written by a handler, not by the pipeline: <c>began</c> in microseconds.</summary>
    public const string Effect = "effect";

    /// <summary>Written by a publisher: <c>op</c> invoke, ok, fail or info (nobody knows whether it arrived).</summary>
    public const string Publish = "pub";

    /// <summary>Kafka: <c>op</c> ask (an offset is about to be committed) or ok (it is), <c>at</c> topic:partition, <c>offset</c>.</summary>
    public const string Commit = "commit";

    /// <summary>The broker has confirmed a replayed task, in its new series: <c>action</c>, the operation's id.</summary>
    public const string Replay = "replay";

    /// <summary>Written by who pauses: <c>op</c> pause (it is answered) or resume (it is asked for), <c>module</c>.</summary>
    public const string Pause = "pause";

    /// <summary>Written by an observer of a process: <c>pid</c>, <c>rssKb</c>, <c>fds</c>.</summary>
    public const string Sample = "sample";

    /// <summary>Written by who injects faults: <c>op</c> plan, proof or end (of what lasts), <c>kind</c>, and <c>pid</c> of the process it hit.</summary>
    public const string Fault = "fault";

    /// <summary>Written by who stops a process: <c>pid</c>, <c>code</c>, <c>ms</c> from the signal to the exit.</summary>
    public const string Exit = "exit";
}
