using Consumers.Core;
using Consumers.Host.Monitoring.Sharing;

namespace Consumers.Host.Api;

/// <summary>How the instances share the scaling module's work. Null is unknown, which is not zero.</summary>
/// <param name="ArrivingPerSecond">Messages that come into the work queue.</param>
/// <param name="ServingPerSecond">Attempts that end.</param>
/// <param name="Drain"><c>in</c>, <c>empty</c>, <c>never</c> (at this rate) or <c>unknown</c>.</param>
/// <param name="TimeToDrainMs">Null unless <paramref name="Drain"/> is <c>in</c> or <c>empty</c>.</param>
/// <param name="OneMoreInstance">What it would change, in a sentence.</param>
/// <param name="JainIndex">Of the last minute; 1 is perfectly even.</param>
/// <param name="Fairness">A sentence, with the cause when it is low.</param>
internal sealed record SharingView(
    double? ArrivingPerSecond,
    double? ServingPerSecond,
    string Drain,
    long? TimeToDrainMs,
    string OneMoreInstance,
    double? JainIndex,
    string Fairness,
    IReadOnlyList<InstanceShareView>? Instances)
{
    public static SharingView From(SharingPicture picture) => new(
        picture.Flow.Arriving,
        picture.Flow.Serving,
        picture.Flow.Drain.Kind.ToString().ToLowerInvariant(),
        picture.Flow.Drain.After is { } after ? (long)after.TotalMilliseconds : null,
        picture.Flow.OneMore,
        picture.Fairness.Index,
        picture.Fairness.Sentence,
        picture.Fleet.Instances?.Select(InstanceShareView.From).ToArray());
}

/// <param name="Share">Of the tasks that ended in the last minute.</param>
/// <param name="MeanTaskMs">In the handler.</param>
internal sealed record InstanceShareView(string Name, string State, double? Share, double? PerSecond, int? Running, int? Limit, int? Unacked, int? Prefetch, double? MeanTaskMs, TaskCounts? Totals)
{
    public static InstanceShareView From(InstanceLoad load) => new(
        load.Report.Name, load.Report.State, load.Share, load.Module?.PerSecond,
        load.Module?.Now.Running, load.Module?.Now.Limit, load.Module?.Now.Unacked, load.Module?.Now.Prefetch,
        load.Module?.MeanTask?.TotalMilliseconds, load.Module?.Now.Totals);
}
