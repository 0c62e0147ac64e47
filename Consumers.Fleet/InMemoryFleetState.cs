using System.Collections.Concurrent;
using Consumers.Core;

namespace Consumers.Fleet;

/// <summary>The fleet of one process: what was reported here, and nothing else.</summary>
public sealed class InMemoryFleetState(TimeProvider time) : IFleetState
{
    /// <summary>Instances report every 2 s; one that missed five reports is called silent.</summary>
    public static readonly TimeSpan SilentAfter = TimeSpan.FromSeconds(10);

    /// <summary>How long an instance that is gone stays listed.</summary>
    public static readonly TimeSpan ForgottenAfter = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, InstanceReport> _reports = new(StringComparer.Ordinal);

    public ValueTask ReportAsync(InstanceReport report, CancellationToken cancellationToken)
    {
        _reports[report.Name] = report;
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<InstanceReport>> ListAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var list = new List<InstanceReport>();
        foreach (var report in _reports.Values)
        {
            var age = now - report.SeenAt;
            if (age > ForgottenAfter)
            {
                _reports.TryRemove(KeyValuePair.Create(report.Name, report));
                continue;
            }
            list.Add(age > SilentAfter && report.State != InstanceStates.Stopped ? report with { State = InstanceStates.Silent } : report);
        }
        list.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return new(list);
    }
}
