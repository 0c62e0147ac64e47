namespace Consumers.Host.Live;

/// <summary>One event of the stream.</summary>
/// <param name="Name"><c>snapshot</c> or <c>notice</c>.</param>
/// <param name="Data">JSON in one line.</param>
internal sealed record LiveEvent(long Number, string Name, string Data)
{
    /// <summary>As it goes over the wire.</summary>
    /// <param name="epoch">Of the process, so that an id of an earlier one is not taken for this one's.</param>
    public string Text(string epoch) => $"id: {epoch}-{Number}\nevent: {Name}\ndata: {Data}\n\n";
}
