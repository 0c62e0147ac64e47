using Microsoft.Extensions.Logging;

namespace Consumers.Rabbit;

/// <summary>The lanes of one connection: those that take work, and those that are closing and finish what they run.</summary>
internal sealed class LaneSet(RabbitSession session, LaneWork work, SettlementWatchdog settlements, ILogger logger)
{
    private readonly List<RabbitLane> _open = [];
    private readonly List<(RabbitLane Lane, Task Closed)> _closing = [];

    /// <summary>Those that take work.</summary>
    public RabbitLane[] Open { get; private set; } = [];

    public IEnumerable<RabbitLane> All => _open.Concat(_closing.Select(closing => closing.Lane));

    /// <summary>Opens or closes lanes until so many take work. A lane that closes takes nothing more, and is gone when what it runs is acknowledged.</summary>
    public async Task FitAsync(int count, int prefetch)
    {
        if (_open.Count == count)
        {
            return;
        }
        _closing.RemoveAll(closing => closing.Closed.IsCompleted);
        while (_open.Count < count)
        {
            _open.Add(await RabbitLane.OpenAsync(session, FreeNumber(), prefetch, work, logger));
        }
        while (_open.Count > count)
        {
            var lane = _open[^1];
            _open.RemoveAt(_open.Count - 1);
            _closing.Add((lane, CloseAsync(lane)));
        }
        Open = [.. _open];
    }

    /// <summary>Closes one, without waiting for it: what it has not settled goes back to the broker with its channel, and another takes its place when lanes are fitted next.</summary>
    public void Recycle(RabbitLane lane)
    {
        _open.Remove(lane);
        _closing.Add((lane, CloseAsync(lane)));
        Open = [.. _open];
    }

    private int FreeNumber() => Enumerable.Range(0, _open.Count + 1).First(number => _open.TrueForAll(lane => lane.Number != number));

    private async Task CloseAsync(RabbitLane lane)
    {
        await lane.StopTakingAsync(session.Lost);
        await settlements.UntilEndedAsync(lane);
        await lane.FlushAsync(session.Lost);
    }
}
