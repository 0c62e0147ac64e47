using Consumers.Core;

namespace Consumers.Rabbit;

/// <summary>RabbitMQ as the rest of the host sees it.</summary>
internal sealed class RabbitTransport(RabbitModule module) : ITaskTransport
{
    private static readonly TimeSpan DepthsKeep = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _oneProbe = new(1, 1);
    private IReadOnlyList<QueueDepth>? _depths;
    private long _askedAt;

    public string Module => module.Name;

    public bool IsDurable => true;

    public IReadOnlyList<LaneState> Lanes => module.Lanes();

    public bool KeepsRows => module.Options.Record == RecordMode.All;

    public ValueTask PublishAsync(TaskMessage message, CancellationToken cancellationToken)
    {
        ValueTask confirmed;
        try
        {
            confirmed = module.TaskPublisher.PublishAsync(message, cancellationToken);
        }
        catch (Exception e)
        {
            // Callers keep many of these and await them later.
            return ValueTask.FromException(e);
        }
        return module.Counters is { } counters ? CountAsync(confirmed, counters, message.Id) : confirmed;
    }

    public bool CanPublish => module.Options.Enabled;

    public GuardMode Guard => module.Options.Guard;

    public async ValueTask PublishAgainAsync(ReplayMessage message, CancellationToken cancellationToken)
    {
        await module.TaskPublisher.PublishAgainAsync(message, cancellationToken);
        if (message.MessageId is { } id)
        {
            module.Counters?.Queued(id);
        }
    }

    public bool HasStatusEvents => module.Options.StatusEvents;

    public ValueTask PublishStatusAsync(StatusEvent status, CancellationToken cancellationToken) => module.TaskPublisher.PublishStatusAsync(status, cancellationToken);

    private static async ValueTask CountAsync(ValueTask confirmed, ITaskCounters counters, string id)
    {
        await confirmed;
        counters.Queued(id);
    }

    public async ValueTask<TransportSnapshot> SnapshotAsync(CancellationToken cancellationToken) =>
        new(module.Health.State, await DepthsAsync(cancellationToken), module.Lanes());

    private async ValueTask<IReadOnlyList<QueueDepth>> DepthsAsync(CancellationToken cancellationToken)
    {
        await _oneProbe.WaitAsync(cancellationToken);
        try
        {
            if (_depths is null || module.Time.GetElapsedTime(_askedAt) >= DepthsKeep)
            {
                if (module.Options.Enabled)
                {
                    module.Publisher.Start();
                }
                // A page must not hang on a broker that has stopped answering.
                using var timeout = new CancellationTokenSource(ProbeTimeout, module.Time);
                _depths = await module.Probe.AskAsync(module.Publisher.Connection, timeout.Token);
                _askedAt = module.Time.GetTimestamp();
            }
            return _depths;
        }
        finally
        {
            _oneProbe.Release();
        }
    }
}
