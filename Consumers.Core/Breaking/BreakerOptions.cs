namespace Consumers.Core;

/// <summary>Section <c>Consumers:Breaker</c>: when a task type is paused because what its handler needs is away.</summary>
public sealed class BreakerOptions
{
    /// <summary>Default true. By type: <c>Consumers:Handlers:Types:&lt;type&gt;:Breaker</c>.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The share of failed attempts that pauses a type; over 0, at most 1. Default 0.5.</summary>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>Fewer attempts than this within <see cref="SamplingDuration"/> say nothing; 2 to 10,000. Default 20.</summary>
    public int MinimumThroughput { get; set; } = 20;

    /// <summary>How far back attempts are counted; 0.5 s to 1 hour. Default 30 s.</summary>
    public TimeSpan SamplingDuration { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>From the pause to the first probe; doubled after each probe that fails. At least 0.5 s. Default 5 s.</summary>
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest time between two probes; at most 1 hour. Default 60 s.</summary>
    public TimeSpan MaxBreakDuration { get; set; } = TimeSpan.FromSeconds(60);
}
