using Consumers.Core;

namespace Consumers.Tests.Crash;

/// <summary>Every point, and the end state that it must come to (docs/crash-points.md). Not here, because not in this build: K19 (Redis).</summary>
internal static class CrashMatrix
{
    /// <summary>The hit under load: late enough that many tasks are under way, early enough that all of them are not done.</summary>
    private const int Later = 7;

    /// <summary>Longer than a host needs to start, so that the retry is not due when the next process finds it.</summary>
    private static readonly TimeSpan LongBackoff = TimeSpan.FromSeconds(8);

    public static IReadOnlyList<CrashCase> Publishing { get; } =
    [
        new(CrashPoints.Queued, ThroughApi: true),
        // The process that dies is a consumer too, and may have begun what it had just published.
        new(CrashPoints.Published, ThroughApi: true, Tries: null, Died: null),
        new(CrashPoints.PublishConfirmed, ThroughApi: true, Tries: null, Died: null),
    ];

    public static IReadOnlyList<CrashCase> BeforeTheOutcome { get; } =
    [
        new(CrashPoints.Delivered),
        new(CrashPoints.Begun, Died: 1),
        new(CrashPoints.Handling, Died: 1, Tries: null),
        new(CrashPoints.Handled, Died: 1, Tries: 2),
        new(CrashPoints.InTransaction, Died: 1, Tries: 2),
    ];

    public static IReadOnlyList<CrashCase> AfterTheOutcome { get; } =
    [
        new(CrashPoints.CompletedCommitted, IsRecognized: true),
        new(CrashPoints.StatusSent, IsRecognized: true),
        new(CrashPoints.StatusConfirmed, IsRecognized: true),
        // The ack may have arrived.
        new(CrashPoints.AckWritten),
    ];

    public static IReadOnlyList<CrashCase> Onward { get; } =
    [
        new(CrashPoints.RetryCommitted, Ends.Again, Tries: 2, IsRecognized: true) { Backoff = LongBackoff },
        new(CrashPoints.RetryConfirmed, Ends.Again, Tries: 2, IsRecognized: true) { Backoff = LongBackoff },
        new(CrashPoints.FailureCommitted, Ends.Never, IsRecognized: true),
        new(CrashPoints.DeadLetterConfirmed, Ends.Never, IsRecognized: true),
    ];

    /// <summary>Reached once or a few times in a process, so driven by tests of their own.</summary>
    public static IReadOnlyList<string> OfTheProcess { get; } = [CrashPoints.Draining, CrashPoints.Recovering];

    /// <summary>Of the Kafka module: KafkaKillTests.</summary>
    public static IReadOnlyList<string> OfKafka { get; } = [CrashPoints.Processed, CrashPoints.Revoking];

    /// <summary>Of the archivist: RabbitArchiveTests and KafkaArchiveTests.</summary>
    public static IReadOnlyList<string> OfTheArchive { get; } = [CrashPoints.Archived];

    /// <summary>Of operations over dead letters: ReplayCrashTests.</summary>
    public static IReadOnlyList<string> OfReplay { get; } = [CrashPoints.ReplayClaimed, CrashPoints.ReplayConfirmed];

    public static IEnumerable<CrashCase> All => [.. Publishing, .. BeforeTheOutcome, .. AfterTheOutcome, .. Onward];

    /// <summary>Points by name, as theory data: each row is a test of its own.</summary>
    public static TheoryData<string> PointsOf(IEnumerable<CrashCase> cases) => [.. cases.Select(row => row.Point)];

    public static CrashCase First(string point) => All.Single(row => row.Point == point);

    // Acks are combined, so there are fewer of them than tasks.
    public static CrashCase UnderLoad(string point) => First(point).UnderLoad(point == CrashPoints.AckWritten ? 2 : Later);
}
