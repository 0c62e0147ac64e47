using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;

namespace Consumers.Kafka;

/// <summary>Asks the brokers, every other second and beside all work, how far the group is: for the page, and to know whether they are there.</summary>
internal sealed partial class GroupWatch(KafkaModule module, ILogger logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan TrendOver = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Queue<GroupOffsets> _past = new();
    private readonly Dictionary<TopicPartition, LagAge> _ages = [];
    private volatile GroupOffsets? _last;
    private volatile bool _tellsOwners = true;

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await AskAsync();
            await Task.Delay(Interval, module.Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What was heard last; asks when that is old.</summary>
    public async Task<GroupOffsets?> OffsetsAsync()
    {
        if (module.Options.Enabled && (_last is not { } last || module.Time.GetUtcNow() - last.At > Interval * 2))
        {
            await AskAsync();
        }
        return _last is { } known && module.Time.GetUtcNow() - known.At < TimeSpan.FromMinutes(1) ? known : null;
    }

    /// <summary>As it was about ten seconds ago; null when that is not known.</summary>
    public GroupOffsets? Before()
    {
        lock (_past)
        {
            return _past.TryPeek(out var before) ? before : null;
        }
    }

    /// <summary>When the first record that is not committed was there at the latest; null when there is none, or that is not known.</summary>
    public DateTimeOffset? WaitingSince(TopicPartition at)
    {
        lock (_past)
        {
            return _ages.GetValueOrDefault(at)?.Since;
        }
    }

    private async Task AskAsync()
    {
        if (!await _one.WaitAsync(TimeSpan.Zero))
        {
            return;
        }
        try
        {
            await module.Topology.EnsureAsync(CancellationToken.None).WaitAsync(AskTimeout, module.Time);
            var heard = await HearAsync();
            lock (_past)
            {
                _past.Enqueue(heard);
                while (_past.TryPeek(out var first) && heard.At - first.At > TrendOver)
                {
                    _past.Dequeue();
                }
                foreach (var (at, end) in heard.Ends.Where(part => part.Key.Topic == module.Names.Work && heard.Lows.ContainsKey(part.Key)))
                {
                    if (!_ages.TryGetValue(at, out var age))
                    {
                        _ages[at] = age = new LagAge();
                    }
                    age.Hear(heard.At, end, heard.ReachedBy(at));
                }
            }
            _last = heard;
            module.Health.Up();
        }
        catch (KafkaTopologyException)
        {
            // Said where the topics are made.
        }
        catch (Exception e) when (e is KafkaException or TimeoutException)
        {
            module.Health.Down(e is KafkaException kafka ? kafka.Error.Reason : "no answer in time");
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<GroupOffsets> HearAsync()
    {
        var admin = module.Topology.Admin;
        TopicPartition[] all = [.. module.Topology.Partitions
            .Where(topic => topic.Key != module.Names.Status)
            .SelectMany(topic => Enumerable.Range(0, topic.Value).Select(partition => new TopicPartition(topic.Key, partition)))];
        var ends = OffsetsAsync(admin, all, OffsetSpec.Latest());
        var lows = OffsetsAsync(admin, all, OffsetSpec.Earliest());
        await Task.WhenAll(ends, lows);
        var groups = module.Names.Groups.Append(new(KafkaDeadLetterSource.GroupOf(module.Options), [module.Names.DeadLetter]));
        var committed = await Task.WhenAll(groups.Select(group => Task.Run(() => module.Groups.Committed(group.Id, all.Where(at => group.Topics.Contains(at.Topic)), AskTimeout).ToArray())));
        return new GroupOffsets(
            module.Time.GetUtcNow(),
            await ends,
            await lows,
            committed.SelectMany(parts => parts).ToDictionary(part => part.TopicPartition, part => part.Offset.Value),
            await OwnersAsync(admin));
    }

    internal static async Task<Dictionary<TopicPartition, long>> OffsetsAsync(IAdminClient admin, TopicPartition[] partitions, OffsetSpec which)
    {
        var result = await admin.ListOffsetsAsync(
            partitions.Select(at => new TopicPartitionOffsetSpec { TopicPartition = at, OffsetSpec = which }), new ListOffsetsOptions { RequestTimeout = AskTimeout });
        return result.ResultInfos.Select(info => info.TopicPartitionOffsetError).Where(part => !part.Error.IsError).ToDictionary(part => part.TopicPartition, part => part.Offset.Value);
    }

    /// <summary>Null where the cluster does not tell who is in a group, as the mock cluster.</summary>
    private async Task<Dictionary<TopicPartition, string>?> OwnersAsync(IAdminClient admin)
    {
        if (!_tellsOwners)
        {
            return null;
        }
        try
        {
            return await Task.Run(() => GroupReader.Owners(admin, module.Options.GroupId, AskTimeout));
        }
        catch (KafkaException e)
        {
            _tellsOwners = e.Error.Code is not (ErrorCode.Local_UnsupportedFeature or ErrorCode.UnsupportedVersion);
            Log.NoOwners(logger, e.Error.Reason);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Who has which partition is not known: {Reason}")]
        public static partial void NoOwners(ILogger logger, string reason);
    }
}

/// <summary>Where the group is, as the brokers tell it.</summary>
/// <param name="Owners">Null when they do not tell.</param>
internal sealed record GroupOffsets(
    DateTimeOffset At,
    IReadOnlyDictionary<TopicPartition, long> Ends,
    IReadOnlyDictionary<TopicPartition, long> Lows,
    IReadOnlyDictionary<TopicPartition, long> Committed,
    IReadOnlyDictionary<TopicPartition, string>? Owners)
{
    /// <summary>Records that are not committed; null when unknown.</summary>
    public long? LagOf(TopicPartition at) =>
        Ends.TryGetValue(at, out var end) && Lows.ContainsKey(at) ? Math.Max(0, end - ReachedBy(at)) : null;

    /// <summary>Where the group goes on: what is committed, or where the log begins.</summary>
    public long ReachedBy(TopicPartition at) => Math.Max(Lows[at], Committed.GetValueOrDefault(at, Lows[at]));

    /// <summary>Null when one of them is unknown.</summary>
    public long? LagOf(string topic) => Sum(topic, LagOf);

    /// <summary>Records that are there, read or not.</summary>
    public long? SizeOf(string topic) => Sum(topic, at => Lows.TryGetValue(at, out var low) ? Ends[at] - low : null);

    private long? Sum(string topic, Func<TopicPartition, long?> of)
    {
        long? sum = null;
        foreach (var at in Ends.Keys.Where(at => at.Topic == topic))
        {
            if (of(at) is not { } value)
            {
                return null;
            }
            sum = (sum ?? 0) + value;
        }
        return sum;
    }
}
