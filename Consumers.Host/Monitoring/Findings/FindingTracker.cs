using Consumers.Core;

namespace Consumers.Host.Monitoring.Findings;

/// <summary>A finding that is said, and since when it stands.</summary>
internal sealed record StandingFinding(Finding Finding, DateTimeOffset Since)
{
    /// <summary>With how long it has stood.</summary>
    public string Words(DateTimeOffset now) => Finding.For(now - Since);
}

/// <summary>Remembers since when each finding stands. By a clock that nobody sets.</summary>
internal sealed class FindingTracker(TimeProvider time)
{
    private readonly SteadyTime _steady = new(time);
    private readonly Dictionary<string, DateTimeOffset> _since = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>Those that have stood for long enough, the worst first, and of these the oldest.</summary>
    public IReadOnlyList<StandingFinding> Take(IReadOnlyCollection<Finding> found)
    {
        lock (_lock)
        {
            var now = _steady.GetUtcNow();
            foreach (var gone in _since.Keys.Except(found.Select(finding => finding.Key)).ToArray())
            {
                _since.Remove(gone);
            }
            foreach (var finding in found)
            {
                _since.TryAdd(finding.Key, now);
            }
            return
            [
                .. found.Where(finding => now - _since[finding.Key] >= finding.After)
                    .Select(finding => new StandingFinding(finding, finding.Since ?? (_since[finding.Key] + _steady.Shift)))
                    .OrderByDescending(standing => standing.Finding.Severity).ThenBy(standing => standing.Since),
            ];
        }
    }
}
