namespace Consumers.Tests.Crash;

/// <summary>What becomes of the tasks of a case; their recipients tell the mailbox.</summary>
public enum Ends
{
    Ok,

    /// <summary>Refused once for now, then taken.</summary>
    Again,

    /// <summary>Refused for good.</summary>
    Never,
}

/// <summary>One row of the matrix: where the process dies, with what work, and what must be true afterwards.</summary>
/// <param name="ThroughApi">Published through the API rather than by any AMQP client.</param>
/// <param name="Tries">With one task: how often its handler has come to its end in both lives; null where the crash may fall on either side of it.</param>
/// <param name="Died">With one task: begun attempts that the crash left without an outcome; null where one may have begun by then.</param>
/// <param name="IsRecognized">The outcome was durable before the crash: the redelivery is recognized, and runs nothing.</param>
internal sealed record CrashCase(string Point, Ends Ends = Ends.Ok, bool ThroughApi = false, int? Tries = 1, int? Died = 0, bool IsRecognized = false)
{
    public int Hit { get; init; } = 1;

    public int Tasks { get; init; } = 1;

    /// <summary>The wait before the first retry.</summary>
    public TimeSpan Backoff { get; init; } = ShortBackoff;

    public static TimeSpan ShortBackoff { get; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The same with so many tasks that the others are at every other step when the process dies.</summary>
    public CrashCase UnderLoad(int hit) => this with { Hit = hit, Tasks = 40, Backoff = ShortBackoff };

    public override string ToString() => $"{Point}#{Hit} with {Tasks} × {Ends}";
}
