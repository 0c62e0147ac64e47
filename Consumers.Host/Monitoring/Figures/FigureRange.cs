namespace Consumers.Host.Monitoring.Figures;

/// <summary>A stretch of time that is shown, in a fixed number of steps.</summary>
/// <param name="Name">In addresses.</param>
/// <param name="Words">For people.</param>
internal sealed record FigureRange(string Name, string Words, TimeSpan Step, int Steps)
{
    public static readonly FigureRange Quarter = new("15m", "15 minutes", TimeSpan.FromSeconds(5), 180);

    public static readonly FigureRange Hour = new("1h", "1 hour", TimeSpan.FromSeconds(20), 180);

    public static readonly FigureRange Day = new("24h", "24 hours", TimeSpan.FromMinutes(5), 288);

    /// <summary>Of the objective.</summary>
    public static readonly FigureRange Month = new("28d", "28 days", TimeSpan.FromHours(2), 336);

    public static readonly IReadOnlyList<FigureRange> All = [Quarter, Hour, Day, Month];

    private static readonly Dictionary<TimeSpan, TimeSpan> Lengths = All.ToDictionary(range => range.Step, range => range.Length);

    public TimeSpan Length => Step * Steps;

    /// <summary>When nobody is shown such a row any more.</summary>
    public static DateTimeOffset EndOf(TimeSpan step, DateTimeOffset start) => start + Lengths[step];

    /// <summary>The range of that name; the shortest for any other.</summary>
    public static FigureRange Of(string? name) => All.FirstOrDefault(range => range.Name == name) ?? Quarter;

    public DateTimeOffset StartOf(DateTimeOffset time) => DateTimeOffset.UnixEpoch + (Math.Floor((time - DateTimeOffset.UnixEpoch) / Step) * Step);
}
