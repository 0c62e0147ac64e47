namespace Consumers.Host.Monitoring.Figures;

/// <summary>A stretch of time that is shown, in a fixed number of steps.</summary>
/// <param name="Name">In addresses.</param>
/// <param name="Words">For people.</param>
internal sealed record FigureRange(string Name, string Words, TimeSpan Step, int Steps)
{
    public static readonly FigureRange Quarter = new("15m", "15 minutes", TimeSpan.FromSeconds(5), 180);

    public static readonly FigureRange Hour = new("1h", "1 hour", TimeSpan.FromSeconds(20), 180);

    public static readonly FigureRange Day = new("24h", "24 hours", TimeSpan.FromMinutes(5), 288);

    public static readonly IReadOnlyList<FigureRange> All = [Quarter, Hour, Day];

    public TimeSpan Length => Step * Steps;

    /// <summary>The range of that name; the shortest for any other.</summary>
    public static FigureRange Of(string? name) => All.FirstOrDefault(range => range.Name == name) ?? Quarter;

    public DateTimeOffset StartOf(DateTimeOffset time) => DateTimeOffset.UnixEpoch + (Math.Floor((time - DateTimeOffset.UnixEpoch) / Step) * Step);
}
