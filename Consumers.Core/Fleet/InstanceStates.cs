namespace Consumers.Core;

/// <summary>The words of <see cref="InstanceReport.State"/>.</summary>
public static class InstanceStates
{
    public const string Running = "running";
    public const string Draining = "draining";

    /// <summary>Ended in order.</summary>
    public const string Stopped = "stopped";

    /// <summary>Its lease ran out, or its process is gone. Never written: it is what a reader sees.</summary>
    public const string Silent = "silent";
}
