using Consumers.Core;
using Microsoft.Extensions.Logging;

namespace Consumers.Rabbit;

/// <summary>The dead-letter queue of one module on RabbitMQ: connection after connection, batch after batch.</summary>
internal sealed partial class RabbitDeadLetterSource(RabbitModule module, ILogger<RabbitDeadLetterSource> logger) : IDeadLetterSource
{
    private readonly ShortLives _lives = new(module.Time);

    public string Module => module.Name;

    public Task RunAsync(Func<IReadOnlyList<DeadLetter>, CancellationToken, ValueTask> archive, CancellationToken cancellationToken) =>
        module.Options.Enabled ? module.Archiving.RunAsync(session => ServeAsync(session, archive, cancellationToken), cancellationToken) : Task.CompletedTask;

    private async Task ServeAsync(RabbitSession session, Func<IReadOnlyList<DeadLetter>, CancellationToken, ValueTask> archive, CancellationToken stopping)
    {
        await module.Topology.EnsureAsync(session.Connection, session.Lost);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stopping, session.Lost);
        await using var inbox = await DeadLetterInbox.OpenAsync(session, module);
        _lives.Begin();
        // Only now is the next wait a short one again. A dead letter that the client cannot read closes every connection, and is not asked for ten times a second.
        var isReady = !_lives.IsCautious;
        if (isReady)
        {
            session.Ready();
        }
        try
        {
            while (true)
            {
                var batch = await inbox.TakeAsync(end.Token);
                try
                {
                    await ArchiveAsync(archive, inbox.Read(batch), end.Token);
                    await inbox.AcknowledgeAsync(batch);
                    if (!isReady)
                    {
                        isReady = true;
                        session.Ready();
                    }
                }
                finally
                {
                    batch.ForEach(held => held.End());
                }
            }
        }
        catch (OperationCanceledException) when (session.LostAsync.IsCompleted && !stopping.IsCancellationRequested)
        {
            throw new RabbitLostException(await session.LostAsync);
        }
        finally
        {
            _lives.End();
        }
    }

    private async ValueTask ArchiveAsync(Func<IReadOnlyList<DeadLetter>, CancellationToken, ValueTask> archive, IReadOnlyList<DeadLetter> batch, CancellationToken cancellationToken)
    {
        try
        {
            await archive(batch, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // With the connection they go back to the queue, and come again after its wait.
            Log.NotArchived(logger, e, batch.Count, module.Names.DeadLetterQueue);
            throw new RabbitLostException($"dead letters could not be archived: {e.Message}");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "{Count} dead letters of {Queue} could not be archived; they stay in the queue and are tried again")]
        public static partial void NotArchived(ILogger logger, Exception exception, int count, string queue);
    }
}
