using Consumers.Core;

namespace Consumers.Host.Proof;

/// <summary>What a process held while it lived, and whether that grew: of processes that lived for minutes only, for a young one grows by warming up.</summary>
/// <param name="Samples">In the order in which they were taken.</param>
internal sealed record Growth(string Instance, long Pid, HistoryLine[] Samples)
{
    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(4);

    /// <summary>What is sampled, as it is called in the history and in reports.</summary>
    public static IReadOnlyList<(string Key, string Name, double PerUnit)> Kinds { get; } =
        [("rssKb", "memory MiB", 1024), ("ownKb", "of its own MiB", 1024), ("fds", "open files", 1), ("sockets", "connections", 1), ("walKb", "WAL MiB", 1024)];

    public TimeSpan Lived => TimeSpan.FromMicroseconds(Samples[^1].TimeUs - Samples[0].TimeUs);

    public static IEnumerable<Growth> Of(IEnumerable<HistoryLine> lines) =>
        lines.Where(line => line.Event == HistoryEvents.Sample).GroupBy(line => (line.Id, Pid: line.Number("pid")))
            .Select(process => new Growth(process.Key.Id, process.Key.Pid, [.. process.OrderBy(line => line.TimeUs)])).Where(process => process.Lived >= LongEnough);

    /// <summary>A line of best fit through all samples but the first quarter, which is warming up.</summary>
    public GrowthTrend TrendOf(string key, double perUnit)
    {
        var points = Samples[(Samples.Length / 4)..].Select(sample => (Hours: (sample.TimeUs - Samples[0].TimeUs) / 3.6e9, Value: sample.Number(key) / perUnit)).ToArray();
        var (hours, mean) = (points.Average(point => point.Hours), points.Average(point => point.Value));
        var spread = points.Sum(point => (point.Hours - hours) * (point.Hours - hours));
        return new(mean, spread == 0 ? 0 : points.Sum(point => (point.Hours - hours) * (point.Value - mean)) / spread, points.Max(point => point.Value));
    }
}

/// <param name="Mean">In the unit of its kind, as is <paramref name="Most"/>.</param>
/// <param name="PerHour">By how much it grew, or shrank, were it to go on like this for an hour.</param>
internal readonly record struct GrowthTrend(double Mean, double PerHour, double Most)
{
    public override string ToString() => FormattableString.Invariant($"{Mean:0.#} ({PerHour:+0.#;-0.#;±0}/h, at most {Most:0.#})");
}
