namespace Consumers.Rabbit;

/// <summary>Waits between attempts to connect: doubling, with up to half of each taken off at random, so that a fleet does not come back in one beat.</summary>
internal sealed class ReconnectBackoff(Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>What will not mend by itself is asked seldom: a broker logs every refused login, and a mismatch waits for a person.</summary>
    private static readonly TimeSpan FirstWhenRefused = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestWhenRefused = TimeSpan.FromSeconds(60);

    private int _failures;

    public TimeSpan Next(bool refused)
    {
        var wait = (refused ? FirstWhenRefused : First) * Math.Pow(2, Math.Min(_failures++, 20));
        var longest = refused ? LongestWhenRefused : Longest;
        return (wait < longest ? wait : longest) * (1 - 0.5 * random.NextDouble());
    }

    public void Reset() => _failures = 0;
}
