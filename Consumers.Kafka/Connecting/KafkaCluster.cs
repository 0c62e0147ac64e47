using Consumers.Kafka.Mock;
using Microsoft.Extensions.Logging;

namespace Consumers.Kafka;

/// <summary>Where the brokers are: a configured address, or the mock cluster in this process, which is made when it is first asked for.</summary>
internal sealed partial class KafkaCluster(KafkaOptions options, ILogger logger) : IDisposable
{
    private readonly Lock _lock = new();
    private MockCluster? _mock;

    public bool IsEmbedded { get; } = string.Equals(options.BootstrapServers.Trim(), KafkaOptions.Embedded, StringComparison.OrdinalIgnoreCase);

    /// <summary>Null unless it is embedded.</summary>
    public MockCluster? Mock
    {
        get
        {
            lock (_lock)
            {
                if (IsEmbedded && _mock is null)
                {
                    _mock = new MockCluster();
                    Log.Embedded(logger, _mock.BootstrapServers);
                }
                return _mock;
            }
        }
    }

    public string Servers => Mock?.BootstrapServers ?? options.BootstrapServers;

    public void Dispose() => _mock?.Dispose();

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "The embedded Kafka cluster is at {Servers}")]
        public static partial void Embedded(ILogger logger, string servers);
    }
}
