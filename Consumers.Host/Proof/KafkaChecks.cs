using System.Globalization;
using Consumers.Core;

namespace Consumers.Host.Proof;

/// <summary>What holds along a partition's log.</summary>
internal static class KafkaChecks
{
    /// <summary>I9: in the work topic, first attempts with one key begin in the order of the log; what was parked lets its key go on.</summary>
    public static IEnumerable<Finding> OrderByKey(FleetHistory history, ProofInput input)
    {
        var keys = history.Lines.Where(line => line.Event == HistoryEvents.Publish && line["key"] is not null).GroupBy(line => line.Id).ToDictionary(group => group.Key, group => group.First()["key"]!);
        if (keys.Count == 0)
        {
            yield break;
        }
        var parked = history.Lines.Where(line => line.Event == HistoryEvents.Park).Select(line => line.Id).ToHashSet();
        var places = new Dictionary<string, Place>();
        foreach (var deliver in history.Lines.Where(line => line is { Event: HistoryEvents.Deliver, Series: 1, Attempt: 1 } && keys.ContainsKey(line.Id)))
        {
            if (Place.Of(deliver["at"]) is { } place && (!places.TryGetValue(deliver.Id, out var first) || place.Offset < first.Offset))
            {
                places[deliver.Id] = place;
            }
        }
        foreach (var group in places.Where(task => !parked.Contains(task.Key)).GroupBy(task => (keys[task.Key], task.Value.Partition)))
        {
            HistoryLine? last = null;
            foreach (var (id, _) in group.OrderBy(task => task.Value.Offset))
            {
                var begin = history.ByTask[id].FirstOrDefault(line => line is { Event: HistoryEvents.Begin, Series: 1, Attempt: 1 });
                if (begin is not null && last is not null && begin.TimeUs < last.TimeUs)
                {
                    yield return new("I9", id, $"began {(last.TimeUs - begin.TimeUs) / 1000.0:0.0} ms before {last.Id}, which stands before it under the key {group.Key.Item1}");
                }
                last = begin ?? last;
            }
        }
    }

    /// <summary>I10: everything that was delivered below a committed offset is settled, and a partition's commits do not fall.</summary>
    public static IEnumerable<Finding> Commits(FleetHistory history, ProofInput input)
    {
        var commits = history.Lines.Where(line => line.Event == HistoryEvents.Commit).ToArray();
        if (commits.Length == 0)
        {
            yield break;
        }
        var settled = new Dictionary<(string Partition, long Offset), long>();
        var delivered = new Dictionary<string, List<(long Offset, HistoryLine Line)>>();
        foreach (var delivery in history.ByDelivery)
        {
            var deliver = delivery.FirstOrDefault(line => line.Event == HistoryEvents.Deliver);
            if (deliver is null || Place.Of(deliver["at"]) is not { } place)
            {
                continue;
            }
            if (!delivered.TryGetValue(place.Partition, out var all))
            {
                delivered[place.Partition] = all = [];
            }
            all.Add((place.Offset, deliver));
            if (delivery.FirstOrDefault(line => line.Event == HistoryEvents.Ack) is { } ack)
            {
                var key = (place.Partition, place.Offset);
                settled[key] = Math.Min(ack.TimeUs, settled.GetValueOrDefault(key, long.MaxValue));
            }
        }
        foreach (var partition in commits.GroupBy(commit => (commit.Run, Partition: commit["at"]!)))
        {
            long last = -1, confirmed = -1;
            var ahead = delivered.GetValueOrDefault(partition.Key.Partition, []).OrderBy(record => record.Offset).ToArray();
            foreach (var commit in partition)
            {
                var offset = commit.Number("offset");
                if (commit["op"] == "ok")
                {
                    if (offset < confirmed)
                    {
                        yield return new("I10", partition.Key.Partition, $"{commit.Instance} committed {offset} after {confirmed}");
                    }
                    confirmed = offset;
                    continue;
                }
                // What is below the last commit was looked at then.
                foreach (var (at, line) in ahead.SkipWhile(record => record.Offset < last).TakeWhile(record => record.Offset < offset))
                {
                    if (line.TimeUs < commit.TimeUs && settled.GetValueOrDefault((partition.Key.Partition, at), long.MaxValue) > commit.TimeUs)
                    {
                        yield return new("I10", line.Id, $"{commit.Instance} committed {partition.Key.Partition} up to {offset} while {at} was not settled");
                    }
                }
                last = Math.Max(last, offset);
            }
        }
    }

    /// <param name="Partition"><c>topic:partition</c>.</param>
    private sealed record Place(string Partition, long Offset)
    {
        public static Place? Of(string? at) =>
            at?.LastIndexOf(':') is > 0 and var colon && long.TryParse(at.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var offset) ? new(at[..colon], offset) : null;
    }
}
