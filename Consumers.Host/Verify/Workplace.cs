using Consumers.Core;
using Consumers.Kafka;
using Consumers.Rabbit;
using Consumers.Scaling;

namespace Consumers.Host.Verify;

/// <summary>The folder of one run, the mark of its processes, and the names that its fleet uses: nothing of it is shared with anything that is configured on this machine.</summary>
internal sealed class Workplace : IAsyncDisposable
{
    private readonly Watchdog _watchdog;

    /// <param name="keeps">The folder stays when this process is killed.</param>
    public Workplace(bool keeps)
    {
        Folder = Directory.CreateTempSubdirectory("consumers-verify-").FullName;
        Mark = new RunMark(Path.GetFileName(Folder));
        Directory.CreateDirectory(Histories);
        _watchdog = new Watchdog(Mark, keeps ? "" : Folder);
    }

    public string Folder { get; }

    public RunMark Mark { get; }

    public string Histories => File("history");

    public string Ledger => File("ledger.db");

    /// <summary>Short, so that a run has time for many: 50, 100, 200 and 400 ms.</summary>
    public static RetryOptions Retry { get; } = new() { Base = TimeSpan.FromMilliseconds(50), Cap = TimeSpan.FromMilliseconds(400) };

    public static RetrySchedule Schedule { get; } = new(Retry);

    public string File(string name) => Path.Combine(Folder, name);

    public string Subfolder(string name) => Directory.CreateDirectory(File(name)).FullName;

    public RabbitOptions RabbitNames() => Named(new RabbitOptions(), "rabbit");

    public RabbitOptions ScalingNames() => Named(new ScalingOptions(), "scaling");

    /// <summary>On a named cluster others have topics, too; the mock has those of the defaults.</summary>
    public KafkaOptions KafkaNames(string servers, bool isMock)
    {
        var options = new KafkaOptions { BootstrapServers = servers };
        if (!isMock)
        {
            (options.WorkTopic, options.RetryTopicPrefix, options.DeadLetterTopic, options.StatusTopic, options.GroupId) =
                ($"{Prefix}-work", $"{Prefix}-retry", $"{Prefix}-dead", $"{Prefix}-status", $"{Prefix}-group");
        }
        return options;
    }

    private string Prefix => Mark.Value["consumers-".Length..].ToLowerInvariant();

    private RabbitOptions Named(RabbitOptions options, string module)
    {
        var prefix = $"{Prefix}.{module}";
        (options.WorkQueue, options.Exchange, options.RetryQueuePrefix) = ($"{prefix}.work", $"{prefix}.exchange", $"{prefix}.retry");
        (options.DeadLetterExchange, options.DeadLetterQueue, options.StatusExchange) = ($"{prefix}.dead.exchange", $"{prefix}.dead", $"{prefix}.status");
        return options;
    }

    /// <summary>Ends all that was started.</summary>
    public async ValueTask DisposeAsync()
    {
        await Mark.EndAllAsync();
        _watchdog.Dispose();
    }

    public void Remove()
    {
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (IOException)
        {
            // The system clears its temporary folder.
        }
    }
}
