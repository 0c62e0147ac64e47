using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consumers.Core;

/// <summary>
/// Publishes tasks that the API accepted as rows. What was just written is offered to it and goes out at once; what a crash or an absent broker
/// left behind is found by asking the ledger. Publishing twice is safe: the guard runs an attempt once.
/// </summary>
public sealed partial class PublishRelay(ITaskLedger ledger, IEnumerable<ITaskTransport> transports, TimeProvider time, ILogger<PublishRelay> logger) : BackgroundService
{
    /// <summary>Rows younger than this may be on their way from the process that wrote them.</summary>
    public static readonly TimeSpan PublishLease = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(2);
    private const int BatchSize = 256;

    /// <summary>Bounded: what does not fit is in the ledger anyway, and is found by asking.</summary>
    private readonly Channel<Offered> _offered = Channel.CreateBounded<Offered>(new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Dictionary<string, ITaskTransport> _transports = transports.ToDictionary(transport => transport.Module, StringComparer.Ordinal);

    /// <summary>Says that these rows were just written and are not published.</summary>
    public void Offer(string module, IReadOnlyList<TaskMessage> messages) => _offered.Writer.TryWrite(new(module, messages));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        CrashPoint.Hit(CrashPoints.Recovering);
        await RequeueForgottenAsync(stoppingToken).ConfigureAwait(false);
        await Task.WhenAll(PublishOfferedAsync(stoppingToken), PublishLeftoversAsync(stoppingToken)).ConfigureAwait(false);
    }

    private async Task PublishOfferedAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (var (module, messages) in _offered.Reader.ReadAllAsync(stopping).ConfigureAwait(false))
            {
                if (_transports.TryGetValue(module, out var transport))
                {
                    await PublishAsync(transport, [.. messages.Select(message => new UnpublishedTask(message, Series: 1))], stopping).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // What was not published is in the ledger; the next process, or another instance, finds it.
        }
    }

    private async Task PublishLeftoversAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                foreach (var transport in _transports.Values)
                {
                    await PublishLeftoversAsync(transport, stopping).ConfigureAwait(false);
                }
                await Task.Delay(PollInterval, time, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    private async Task PublishLeftoversAsync(ITaskTransport transport, CancellationToken stopping)
    {
        try
        {
            IReadOnlyList<UnpublishedTask> left;
            do
            {
                left = await ledger.FindUnpublishedAsync(transport.Module, PublishLease, BatchSize, stopping).ConfigureAwait(false);
            }
            while (left.Count > 0 && await PublishAsync(transport, left, stopping).ConfigureAwait(false) && left.Count == BatchSize);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The ledger is away: its own state says so; the rows wait.
            Log.Waits(logger, transport.Module, e.Message);
        }
    }

    /// <summary>True when all of them are confirmed.</summary>
    private async Task<bool> PublishAsync(ITaskTransport transport, IReadOnlyList<UnpublishedTask> tasks, CancellationToken stopping)
    {
        var all = true;
        foreach (var chunk in tasks.Chunk(BatchSize))
        {
            var confirming = Array.ConvertAll(chunk, task => ConfirmAsync(transport, task, stopping));
            var confirmed = await Task.WhenAll(confirming).ConfigureAwait(false);
            var ids = chunk.Where((_, i) => confirmed[i]).Select(task => task.Message.Id).ToArray();
            if (ids.Length > 0)
            {
                await ledger.NotePublishedAsync(ids, stopping).ConfigureAwait(false);
            }
            all &= ids.Length == chunk.Length;
        }
        return all;
    }

    private async Task<bool> ConfirmAsync(ITaskTransport transport, UnpublishedTask task, CancellationToken stopping)
    {
        try
        {
            CrashPoint.Hit(CrashPoints.Queued);
            var (message, series) = task;
            var confirmed = series == 1
                ? transport.PublishAsync(message, stopping)
                : transport.PublishAgainAsync(new ReplayMessage(TaskMessageCodec.Encode(message), message.Id, message.Key, [], series), stopping);
            CrashPoint.Hit(CrashPoints.Published);
            await confirmed.ConfigureAwait(false);
            CrashPoint.Hit(CrashPoints.PublishConfirmed);
            return true;
        }
        catch (PublishFailedException e)
        {
            Log.Unconfirmed(logger, task.Message.Id, transport.Module, e.Message);
            return false;
        }
    }

    /// <summary>A transport that lived in the process before this one has taken its messages with it; the rows bring them back.</summary>
    private async Task RequeueForgottenAsync(CancellationToken stopping)
    {
        foreach (var transport in _transports.Values.Where(transport => !transport.IsDurable))
        {
            var count = await ledger.RequeueUnfinishedAsync(transport.Module, stopping).ConfigureAwait(false);
            if (count > 0)
            {
                Log.Requeued(logger, count, transport.Module);
            }
        }
    }

    private readonly record struct Offered(string Module, IReadOnlyList<TaskMessage> Messages);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Task {TaskId} is not published to {Module} yet, and stays in the ledger: {Error}")]
        public static partial void Unconfirmed(ILogger logger, string taskId, string module, string error);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Tasks that wait to be published to {Module} could not be looked up: {Error}")]
        public static partial void Waits(ILogger logger, string module, string error);

        [LoggerMessage(Level = LogLevel.Information, Message = "{Count} unfinished tasks of an earlier run are queued again in {Module}")]
        public static partial void Requeued(ILogger logger, int count, string module);
    }
}
