using Consumers.Core;

namespace Consumers.Host.Monitoring.Balancing;

/// <summary>How many deliveries of a module the instances of the fleet have in their hands.</summary>
internal static class InHands
{
    /// <summary>For how long what a silent instance had may still be in its hands: a broker notices only by its heartbeats that a machine is gone.</summary>
    public static readonly TimeSpan Held = TimeSpan.FromMinutes(2);

    /// <param name="ownRun">Of this process, which knows better than its own last report.</param>
    /// <returns>Null when one that runs the module does not tell; <paramref name="why"/> names it.</returns>
    public static long? Of(string module, IEnumerable<InstanceReport> reports, string ownRun, long own, DateTimeOffset now, out string? why)
    {
        var sum = own;
        foreach (var report in reports)
        {
            var isGone = report.State == InstanceStates.Stopped || (report.State == InstanceStates.Silent && now - report.SeenAt > Held);
            if (isGone || report.RunId == ownRun || !report.Modules.Split(',').Contains(module))
            {
                continue;
            }
            if (report.InHands is not { } told || !told.TryGetValue(module, out var hands))
            {
                why = $"{report.Name} does not tell what it has in its hands";
                return null;
            }
            sum += hands;
        }
        why = null;
        return sum;
    }
}
