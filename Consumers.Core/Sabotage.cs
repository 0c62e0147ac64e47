namespace Consumers.Core;

/// <summary>
/// Breaks one promise of this process on purpose, so that <c>consumers verify --selftest</c> can show that it would be found. In production it is a check of a field that is null.
/// <c>CONSUMERS_SABOTAGE=no-guard@/tmp/run/history</c>, set when the process starts; the folder after the <c>@</c> must be the one that <c>Consumers:History:Folder</c> names,
/// so that no variable that is left over somewhere can break a fleet: a host with any other value does not start.
/// </summary>
public static class Sabotage
{
    public const string Variable = "CONSUMERS_SABOTAGE";

    /// <summary>A delivery is acknowledged before its outcome is durable.</summary>
    public const string AckBeforeOutcome = "ack-before-outcome";

    /// <summary>A delivery is acknowledged while its retry or dead letter waits for the broker's confirm.</summary>
    public const string PublishWithoutConfirm = "publish-without-confirm";

    /// <summary>The handler runs for an attempt that is settled.</summary>
    public const string NoGuard = "no-guard";

    /// <summary>An outcome with a stale epoch is accepted.</summary>
    public const string NoEpochCheck = "no-epoch-check";

    /// <summary>Retries are due 50 ms before their backoff is over.</summary>
    public const string RetryEarly = "retry-early";

    /// <summary>A message that is no task is acknowledged without a dead letter.</summary>
    public const string DropMalformed = "drop-malformed";

    /// <summary>A state is announced before it is durable.</summary>
    public const string StatusBeforeLedger = "status-before-ledger";

    /// <summary>Each task is counted twice.</summary>
    public const string CountTwice = "count-twice";

    /// <summary>Kafka: offsets are committed past records that are not settled.</summary>
    public const string CommitPastGap = "commit-past-gap";

    /// <summary>A dead letter is replayed twice by one operation.</summary>
    public const string ReplayTwice = "replay-twice";

    public static IReadOnlyList<string> All { get; } =
    [
        AckBeforeOutcome, PublishWithoutConfirm, NoGuard, NoEpochCheck, RetryEarly, DropMalformed, StatusBeforeLedger, CountTwice, CommitPastGap, ReplayTwice,
    ];

    private static readonly string? Chosen = NameOf(Environment.GetEnvironmentVariable(Variable));

    /// <summary>What this process does wrong; null in production.</summary>
    public static string? Active => Chosen;

    /// <param name="name">One of <see cref="All"/>.</param>
    public static bool Is(string name) => Chosen is not null && Chosen == name;

    /// <summary>What is wrong with the variable, or null.</summary>
    /// <param name="historyFolder">Of this process; null when it writes no history.</param>
    public static string? Problem(string? historyFolder) => ProblemOf(Environment.GetEnvironmentVariable(Variable), historyFolder);

    internal static string? NameOf(string? text) =>
        text?.Split('@', 2) is [var name, { Length: > 0 }] && All.Contains(name) ? name : null;

    internal static string? ProblemOf(string? text, string? historyFolder) => string.IsNullOrEmpty(text) ? null
        : NameOf(text) is null ? $"{Variable} is '{TaskHeaders.CleanError(text)}', but must be one of {string.Join(", ", All)}, an @ and the history's folder. It is for 'consumers verify --selftest' only: remove it."
        : text.Split('@', 2)[1] != historyFolder ? $"{Variable} is '{TaskHeaders.CleanError(text)}', but this process writes no history into that folder (Consumers:History:Folder). It is for 'consumers verify --selftest' only: remove it."
        : null;
}
