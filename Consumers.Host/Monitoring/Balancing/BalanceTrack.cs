using Consumers.Core;

namespace Consumers.Host.Monitoring.Balancing;

/// <summary>
/// The readings of one module, put together. Ledger and broker cannot be read at one moment, so what the ledger said is held against the most that the broker had around that time: while work
/// flows, that errs towards "balances". What differs all the same, reading after reading, is no matter of timing.
/// </summary>
internal sealed class BalanceTrack(string module)
{
    /// <summary>Depths are up to four seconds old (Kafka's), readings two seconds apart: one of these is older than the tally that is judged, one is younger.</summary>
    private const int Readings = 4;

    private readonly Queue<(long? Messages, TaskTally? Tally)> _readings = new();
    private readonly Queue<(DateTimeOffset At, long Difference)> _differences = new();
    private DateTimeOffset? _since;

    /// <summary>How long it must differ before it is said.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromMinutes(1);

    /// <param name="now">Of a steady clock.</param>
    /// <param name="clock">What people call this moment.</param>
    /// <param name="messages">Read before the tally; null when the broker, or an instance, did not say.</param>
    /// <param name="tally">Null when the ledger did not answer.</param>
    public Balance Add(DateTimeOffset now, DateTimeOffset clock, long? messages, TaskTally? tally, string? why)
    {
        _readings.Enqueue((messages, tally));
        while (_readings.Count > Readings)
        {
            _readings.Dequeue();
        }
        var all = _readings.ToArray();
        if (all.Length < Readings || all.Any(reading => reading.Messages is null) || all[1].Tally is not { } judged)
        {
            return Balance.Unknown(module, tally, why ?? "there are not enough readings yet") with { Standing = Standing(now) };
        }
        var balance = Balance.Of(module, judged, all.Max(reading => reading.Messages!.Value));
        if (balance.Difference is { } difference)
        {
            Keep(now, clock, difference);
        }
        return balance with { Standing = Standing(now) };
    }

    private void Keep(DateTimeOffset now, DateTimeOffset clock, long difference)
    {
        if (difference == 0)
        {
            _differences.Clear();
            _since = null;
            return;
        }
        _since ??= clock;
        _differences.Enqueue((now, difference));
        // One that is older than the window stays, so that it is known how long it has lasted.
        while (_differences.Count > 1 && now - _differences.ElementAt(1).At >= Patience)
        {
            _differences.Dequeue();
        }
    }

    /// <summary>Stays while a reading is missing: that proves nothing.</summary>
    private Imbalance? Standing(DateTimeOffset now) => _differences.Count > 0 && now - _differences.Peek().At >= Patience
        ? new(_since!.Value, _differences.Min(reading => reading.Difference))
        : null;
}
