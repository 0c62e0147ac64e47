namespace Consumers.Core;

/// <summary>Section <c>Consumers</c>: what all modules share.</summary>
public sealed class ConsumersOptions
{
    public const string Section = "Consumers";

    /// <summary>This instance's name; the environment variable CONSUMER_ID goes before it. Default: machine and process id.</summary>
    public string? InstanceName { get; set; }

    /// <summary>How long running tasks may go on after SIGTERM before they are handed back. Default 30 s.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Bodies over this many bytes are dead-lettered as <c>too-large</c> and refused by publishers. Default 1 MiB.</summary>
    public int MaxBodyBytes { get; set; } = 1024 * 1024;

    /// <summary>For messages that name none; 0–100. Default 5.</summary>
    public int DefaultMaxRetries { get; set; } = 5;

    public RetryOptions Retry { get; set; } = new();

    public HandlerDefaults Handlers { get; set; } = new();

    public BreakerOptions Breaker { get; set; } = new();

    public DeadLetterOptions DeadLetters { get; set; } = new();
}

/// <summary>Section <c>Consumers:Retry</c>: the tier is <c>min(Cap, Base·2^retryCount)</c>, plus jitter.</summary>
public sealed class RetryOptions
{
    /// <summary>The first tier. Default 1 s; at least 10 ms.</summary>
    public TimeSpan Base { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest tier. Default 60 s.</summary>
    public TimeSpan Cap { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The most that is added, as a share of the tier; 0–0.2. Default 0.2.</summary>
    public double Jitter { get; set; } = 0.2;

    /// <summary>The longest wait that a handler or a header can ask for. Default 24 h.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromHours(24);
}

/// <summary>Section <c>Consumers:Handlers</c>.</summary>
public sealed class HandlerDefaults
{
    /// <summary>A handler that runs longer is cancelled, and the attempt is a retryable failure. Default 5 min.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a cancelled handler may take to return before its slot is given to another task. Default 5 s.</summary>
    public TimeSpan CancellationGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Handlers that ignored their cancellation and still run: with so many the host drains and exits with a code that is not 0, to be started anew. 0: however many. Default 20.
    /// </summary>
    public int MaxAbandoned { get; set; } = 20;

    /// <summary>By task type.</summary>
    public Dictionary<string, HandlerTypeOptions> Types { get; set; } = [];
}

/// <summary>Section <c>Consumers:Handlers:Types:&lt;task type&gt;</c>.</summary>
public sealed class HandlerTypeOptions
{
    /// <summary>Overrides <see cref="HandlerDefaults.Timeout"/> for the type.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>False: this type is never paused, however often it fails. Goes before what its handler says.</summary>
    public bool? Breaker { get; set; }
}
