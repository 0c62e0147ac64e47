using System.Runtime.InteropServices;
using System.Text;

namespace Consumers.Kafka.Mock;

/// <summary>
/// librdkafka's built-in mock cluster, in this process: real sockets and the real protocol, messages in memory. A partition keeps at most 5 MiB or
/// 100,000 batches and drops the oldest beyond that, so it is for trying out and for tests; it listens on the loopback only.
/// </summary>
public sealed class MockCluster : IDisposable
{
    private const int ErrorSize = 512;

    private readonly Lock _lock = new();
    private readonly HashSet<string> _topics = new(StringComparer.Ordinal);
    private readonly int _brokers;
    private nint _handle;
    private nint _cluster;

    /// <param name="brokers">How many brokers it has; 1 to 16.</param>
    /// <exception cref="InvalidOperationException">The native library could not make one; the text says why.</exception>
    public MockCluster(int brokers = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(brokers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(brokers, 16);
        _brokers = brokers;
        _handle = NewHandle();
        _cluster = MockNative.NewCluster(_handle, brokers);
        if (_cluster == 0)
        {
            MockNative.DestroyHandle(_handle);
            throw new InvalidOperationException("librdkafka could not start its mock cluster.");
        }
        unsafe
        {
            BootstrapServers = Marshal.PtrToStringUTF8((nint)MockNative.Bootstraps(_cluster))!;
        }
        // The default waits three seconds for more members before a group's first assignment.
        MockNative.SetRebalanceDelay(_cluster, 100);
        // Without one, a client that asks what only a controller answers waits in vain; with one it hears at once that this cluster does not know the request.
        MockNative.SetController(_cluster, 1);
    }

    /// <summary><c>host:port</c>, several separated by commas.</summary>
    public string BootstrapServers { get; }

    /// <summary>Makes the topic when this cluster has not made it yet.</summary>
    public void EnsureTopic(string topic, int partitions)
    {
        lock (_lock)
        {
            if (_topics.Add(topic) && MockNative.CreateTopic(Cluster, topic, partitions, _brokers) is not 0 and var error)
            {
                throw new InvalidOperationException($"The mock cluster did not make the topic '{topic}': error {error}.");
            }
        }
    }

    /// <summary>The next requests of this kind are answered with these errors, one a request.</summary>
    /// <param name="apiKey">Of the Kafka protocol: 0 is Produce, 1 Fetch, 8 OffsetCommit, 11 JoinGroup, 12 Heartbeat.</param>
    public unsafe void FailNext(short apiKey, params ReadOnlySpan<int> errors)
    {
        lock (_lock)
        {
            fixed (int* first = errors)
            {
                MockNative.PushErrors(Cluster, apiKey, (nuint)errors.Length, first);
            }
        }
    }

    public void FailNoMore(short apiKey)
    {
        lock (_lock)
        {
            MockNative.ClearErrors(Cluster, apiKey);
        }
    }

    /// <summary>Closes every connection and takes none until <see cref="SetUp"/>.</summary>
    public void SetDown()
    {
        lock (_lock)
        {
            for (var broker = 1; broker <= _brokers; broker++)
            {
                _ = MockNative.SetDown(Cluster, broker);
            }
        }
    }

    public void SetUp()
    {
        lock (_lock)
        {
            for (var broker = 1; broker <= _brokers; broker++)
            {
                _ = MockNative.SetUp(Cluster, broker);
            }
        }
    }

    /// <summary>Drops a partition's records below the offset, as retention does.</summary>
    public void DeleteRecords(string topic, int partition, long before)
    {
        lock (_lock)
        {
            if (MockNative.DeleteRecords(Cluster, topic, partition, before) is not 0 and var error)
            {
                throw new InvalidOperationException($"The mock cluster did not delete records of {topic}:{partition}: error {error}.");
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_cluster == 0)
            {
                return;
            }
            MockNative.DestroyCluster(_cluster);
            MockNative.DestroyHandle(_handle);
            (_cluster, _handle) = (0, 0);
        }
    }

    private nint Cluster => _cluster != 0 ? _cluster : throw new ObjectDisposedException(nameof(MockCluster));

    private static unsafe nint NewHandle()
    {
        var error = stackalloc byte[ErrorSize];
        var configuration = MockNative.NewConfiguration();
        // Its own account of every request would go to stderr.
        if (MockNative.Set(configuration, "log_level", "3", error, ErrorSize) != 0)
        {
            MockNative.DestroyConfiguration(configuration);
            throw new InvalidOperationException($"librdkafka refused its configuration: {Text(error)}");
        }
        var handle = MockNative.NewHandle(MockNative.Producer, configuration, error, ErrorSize);
        if (handle == 0)
        {
            MockNative.DestroyConfiguration(configuration);
            throw new InvalidOperationException($"librdkafka could not start: {Text(error)}");
        }
        return handle;
    }

    private static unsafe string Text(byte* error) => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(error));
}
