namespace Consumers.Core;

/// <summary>What one check came to.</summary>
public enum Verdict
{
    Ok,

    /// <summary>Not used by this configuration.</summary>
    Off,

    /// <summary>Nobody here can tell; the text says who can.</summary>
    Unknown,

    /// <summary>Works, but something that may happen would hurt.</summary>
    Warn,

    /// <summary>Somebody must mend it.</summary>
    Fail,

    /// <summary>It does not answer: the same check may succeed later.</summary>
    Unreachable,
}

/// <param name="Id">Stable, for programs: <c>redis.eviction</c>.</param>
/// <param name="Text">What was found; never a secret.</param>
/// <param name="Mend">The command or the setting that mends it; null where nothing is to be mended.</param>
/// <param name="Took">Since the finding before it.</param>
public sealed record CheckFinding(string Id, Verdict Verdict, string Text, string? Mend, TimeSpan Took);
