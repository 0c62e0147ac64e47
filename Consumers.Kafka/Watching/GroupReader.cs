using System.Buffers.Binary;
using System.Text;
using Confluent.Kafka;

namespace Consumers.Kafka;

/// <summary>
/// Reads what the brokers know of a group, without being in it. Not by the administrative requests made for that: those go by the group's coordinator, and end the process with an assertion of
/// librdkafka's (2.15.1, <c>rd_kafka_enq_once_del_source_return</c>) when the connection breaks at the wrong moment. A consumer that subscribes to nothing asks the same and answers with an error.
/// </summary>
internal sealed class GroupReader(KafkaModule module) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, IConsumer<Ignore, Ignore>> _consumers = new(StringComparer.Ordinal);
    private bool _isDisposed;

    /// <summary>Committed offsets; a partition without one is not in it. Blocks.</summary>
    /// <exception cref="KafkaException">The brokers did not answer in time.</exception>
    public IEnumerable<TopicPartitionOffset> Committed(string group, IEnumerable<TopicPartition> partitions, TimeSpan within) =>
        Consumer(group) is { } consumer ? consumer.Committed(partitions, within).Where(part => !part.Offset.IsSpecial) : [];

    /// <summary>Who is in the group. Blocks.</summary>
    /// <exception cref="KafkaException">The brokers did not answer in time, or do not tell.</exception>
    public static IReadOnlyList<GroupMemberInfo> Members(IAdminClient admin, string group, TimeSpan within)
    {
        var described = admin.ListGroup(group, within);
        return described?.Error is { IsError: true } error ? throw new KafkaException(error) : described?.Members ?? [];
    }

    /// <summary>Which client has which partition, as its members were told when the group was balanced last. Blocks.</summary>
    /// <exception cref="KafkaException">The brokers did not answer in time, or do not tell.</exception>
    public static Dictionary<TopicPartition, string> Owners(IAdminClient admin, string group, TimeSpan within) =>
        Members(admin, group, within).SelectMany(member => Assigned(member.MemberAssignment).Select(at => (At: at, member.ClientId)))
            .DistinctBy(part => part.At).ToDictionary(part => part.At, part => part.ClientId);

    /// <summary>A member's partitions: a version, then each topic with its name and its partitions (the consumer protocol's assignment, all versions alike). Ends where it cannot be read.</summary>
    internal static List<TopicPartition> Assigned(ReadOnlySpan<byte> assignment)
    {
        var read = new List<TopicPartition>();
        var rest = assignment;
        if (!Take(ref rest, 2, out _) || !TakeInt(ref rest, out var topics))
        {
            return read;
        }
        for (; topics > 0; topics--)
        {
            if (!Take(ref rest, 2, out var length) || !Take(ref rest, BinaryPrimitives.ReadInt16BigEndian(length), out var name) || !TakeInt(ref rest, out var count))
            {
                return read;
            }
            for (; count > 0 && TakeInt(ref rest, out var partition); count--)
            {
                read.Add(new TopicPartition(Encoding.UTF8.GetString(name), partition));
            }
        }
        return read;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            foreach (var consumer in _consumers.Values)
            {
                consumer.Dispose();
            }
            _consumers.Clear();
        }
    }

    /// <summary>Null when the module has ended.</summary>
    private IConsumer<Ignore, Ignore>? Consumer(string group)
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return null;
            }
            if (!_consumers.TryGetValue(group, out var consumer))
            {
                var config = KafkaClients.Consumer(module.Options, module.Cluster.Servers, module.Instance.Name, group);
                config.GroupInstanceId = null;
                _consumers[group] = consumer = new ConsumerBuilder<Ignore, Ignore>(config).SetErrorHandler((_, _) => { }).SetLogHandler((_, _) => { }).Build();
            }
            return consumer;
        }
    }

    private static bool TakeInt(ref ReadOnlySpan<byte> rest, out int value)
    {
        var there = Take(ref rest, 4, out var bytes);
        value = there ? BinaryPrimitives.ReadInt32BigEndian(bytes) : 0;
        return there;
    }

    private static bool Take(ref ReadOnlySpan<byte> rest, int length, out ReadOnlySpan<byte> taken)
    {
        if (length < 0 || rest.Length < length)
        {
            taken = default;
            return false;
        }
        taken = rest[..length];
        rest = rest[length..];
        return true;
    }
}
