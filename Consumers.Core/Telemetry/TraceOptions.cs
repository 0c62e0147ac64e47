namespace Consumers.Core;

/// <summary>Section <c>Consumers:Telemetry</c>: what the pipeline itself has to know of it.</summary>
public sealed class TraceOptions
{
    /// <summary>What the span of an attempt is a child of. Default the message, so that a task is one trace.</summary>
    public ParentOfProcess ProcessParent { get; set; } = ParentOfProcess.Message;
}

public enum ParentOfProcess
{
    /// <summary>The span that published the task.</summary>
    Message,

    /// <summary>None: each attempt is a trace of its own, linked to the span that published the task.</summary>
    None,
}
