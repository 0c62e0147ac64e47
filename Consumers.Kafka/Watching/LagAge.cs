namespace Consumers.Kafka;

/// <summary>
/// How long the first record that is not committed has been in its partition, from the ends that the brokers told: at least so long, because the record came before its end was heard of.
/// What it remembers is bounded: of too many, every second one goes, and an age is told a little too short.
/// </summary>
internal sealed class LagAge
{
    internal const int Most = 256;

    /// <summary>Ends past what is committed, and when each was heard of first.</summary>
    private readonly List<(DateTimeOffset At, long End)> _heard = [];

    internal int Count => _heard.Count;

    public void Hear(DateTimeOffset at, long end, long committed)
    {
        if (_heard.Count > 0 && end < _heard[^1].End)
        {
            // The topic was made anew.
            _heard.Clear();
        }
        if (_heard.Count == 0 || end > _heard[^1].End)
        {
            _heard.Add((at, end));
        }
        _heard.RemoveAll(heard => heard.End <= committed);
        if (_heard.Count > Most)
        {
            var index = 0;
            _heard.RemoveAll(_ => index++ % 2 == 1);
        }
    }

    /// <summary>When the first record that is not committed was there at the latest; null while all is committed.</summary>
    public DateTimeOffset? Since => _heard.Count > 0 ? _heard[0].At : null;
}
