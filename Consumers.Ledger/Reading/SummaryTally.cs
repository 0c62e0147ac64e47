using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>The sums of one group, put together from windows.</summary>
internal sealed class SummaryTally
{
    private readonly SortedDictionary<long, long> _attemptsByMs = [];
    private long _tasks;
    private long _attempts;
    private long _retries;
    private long _totalMs;

    public void Add(SummaryPart part)
    {
        if (part.Ms == SummaryPart.Tasks)
        {
            _tasks += part.Count;
            return;
        }
        _attempts += part.Count;
        _retries += part.Retries;
        _totalMs += part.TotalMs;
        _attemptsByMs[part.Ms] = _attemptsByMs.GetValueOrDefault(part.Ms) + part.Count;
    }

    public TaskSummary ToSummary(string module, string type, TaskState state) => new(
        module, type, state, _tasks, _attempts, _retries,
        _attempts == 0 ? null : TimeSpan.FromMilliseconds((double)_totalMs / _attempts),
        _attempts == 0 ? null : TimeSpan.FromMilliseconds(Percentile95()));

    /// <summary>The nearest rank: the shortest duration that at least 95 % did not exceed.</summary>
    private long Percentile95()
    {
        var left = (_attempts * 95 + 99) / 100;
        foreach (var (ms, count) in _attemptsByMs)
        {
            left -= count;
            if (left <= 0)
            {
                return ms;
            }
        }
        return 0;
    }
}

/// <summary>One line that the database added up.</summary>
/// <param name="Ms">How long these attempts took; <see cref="Tasks"/> when the line counts tasks.</param>
internal sealed record SummaryPart(string Module, string Type, string Status, long Ms, long Count, long TotalMs, long Retries)
{
    public const long Tasks = -1;
}
