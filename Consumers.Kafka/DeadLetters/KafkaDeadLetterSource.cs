using Confluent.Kafka;
using Consumers.Core;
using Microsoft.Extensions.Logging;

namespace Consumers.Kafka;

/// <summary>The dead-letter topic, read by a consumer group of its own: one reader after another, each until the brokers fail it.</summary>
internal sealed partial class KafkaDeadLetterSource(KafkaModule module, ILogger<KafkaDeadLetterSource> logger) : IDeadLetterSource
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(500), LongestWait = TimeSpan.FromSeconds(10);

    public string Module => KafkaModule.Name;

    /// <summary>Of the archivists of a fleet.</summary>
    public static string GroupOf(KafkaOptions options) => $"{options.GroupId}-archive";

    public async Task RunAsync(Func<IReadOnlyList<DeadLetter>, CancellationToken, ValueTask> archive, CancellationToken cancellationToken)
    {
        if (!module.Options.Enabled)
        {
            return;
        }
        var wait = FirstWait;
        while (true)
        {
            var began = module.Time.GetTimestamp();
            try
            {
                await module.Topology.EnsureAsync(cancellationToken);
                await new DeadLetterReader(module, archive, logger).RunAsync(cancellationToken);
                return;
            }
            catch (Exception e) when (e is KafkaException or KafkaTopologyException && !cancellationToken.IsCancellationRequested)
            {
                wait = module.Time.GetElapsedTime(began) > LongestWait ? FirstWait : wait;
                Log.Failed(logger, module.Names.DeadLetter, e.Message, wait);
            }
            await Task.Delay(wait, module.Time, cancellationToken);
            wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Dead letters of {Topic} are not read: {Error}. Next try in {Wait}")]
        public static partial void Failed(ILogger logger, string topic, string error, TimeSpan wait);
    }
}
