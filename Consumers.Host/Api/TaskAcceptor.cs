using Consumers.Core;

namespace Consumers.Host.Api;

/// <summary>
/// Takes tasks in so that they are safe when this returns: as QUEUED rows that are published after, or, for a module whose broker is the truth, with that broker, confirmed.
/// </summary>
internal sealed partial class TaskAcceptor(ITaskLedger ledger, PublishRelay relay, Monitoring.FleetWatch watch, DrainSignals drain, TimeProvider time, ILogger<TaskAcceptor> logger)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>One result a message, or why none was accepted for sure.</summary>
    public async Task<(IReadOnlyList<EnqueueResult>? Results, string? WhyNot)> AcceptAsync(string module, IReadOnlyList<TaskMessage> messages, CancellationToken cancellationToken)
    {
        if (drain.Draining.IsCancellationRequested)
        {
            return (null, "This instance is draining and accepts no new tasks; ask another one.");
        }
        if (messages.Count == 0)
        {
            return ([], null);
        }
        if (watch.Transport(module) is { AcceptsWhenConfirmed: true } transport)
        {
            return await PublishAsync(transport, messages, cancellationToken);
        }
        using var timeout = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var results = await Task.Run(() => ledger.EnqueueAsync(module, messages, either.Token).AsTask(), either.Token);
            relay.Offer(module, [.. messages.Where((_, i) => results[i] == EnqueueResult.Accepted)]);
            return (results, null);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.NotAccepted(logger, messages.Count, module, e.Message);
            return (null, e is OperationCanceledException
                ? $"The ledger did not write within {Patience.TotalSeconds:0} s. Send the same again, with the same id: a task that was written after all is accepted once."
                : $"The ledger could not write: {TaskHeaders.CleanError(e.Message)}");
        }
    }

    private async Task<(IReadOnlyList<EnqueueResult>? Results, string? WhyNot)> PublishAsync(ITaskTransport transport, IReadOnlyList<TaskMessage> messages, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(messages.Select(async message =>
        {
            try
            {
                await transport.PublishAsync(message, cancellationToken);
                return null;
            }
            catch (PublishFailedException e)
            {
                return e.Message;
            }
        }));
        if (answers.FirstOrDefault(error => error is not null) is { } whyNot)
        {
            Log.NotAccepted(logger, answers.Count(error => error is not null), transport.Module, whyNot);
            if (!answers.Contains(null))
            {
                return (null, $"The broker did not confirm it: {TaskHeaders.CleanError(whyNot)}. Send the same again, with the same id.");
            }
        }
        return (Array.ConvertAll(answers, error => error is null ? EnqueueResult.Accepted : EnqueueResult.Unconfirmed), null);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Did not accept {Count} tasks for {Module}: {Why}")]
        public static partial void NotAccepted(ILogger logger, int count, string module, string why);
    }
}
