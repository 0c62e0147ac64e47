namespace Consumers.Core;

/// <summary>Remembers nothing: at-least-once without suppression. A forged retry count is still bounded by the message's own maximum.</summary>
public sealed class NoGuard : IAttemptGuard
{
    public static readonly NoGuard Instance = new();

    public ValueTask<AttemptBegin> BeginAsync(AttemptRequest request, CancellationToken cancellationToken)
    {
        var message = request.Message;
        var key = new AttemptKey(message.Id, request.Series, message.RetryCount + 1);
        return new(message.RetryCount > message.MaxRetries
            ? new AttemptBegin.AlreadySettled(key, new Settlement.DeadLetter(DeadReason.Exhausted, $"attempt {key.Attempt} of at most {message.MaxRetries + 1}"), null)
            : new AttemptBegin.Begun(key, 0, SeqOf(key, ended: false)));
    }

    public ValueTask<AttemptEnd> SettleAsync(AttemptResult result, CancellationToken cancellationToken) =>
        new(new AttemptEnd(true, SeqOf(result.Key, ended: true)));

    public ValueTask ReleaseAsync(AttemptKey key, long epoch, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public void NotePaid(AttemptKey key) { }

    /// <summary>Two events an attempt, computed, so that the sequence rises without anything to remember.</summary>
    private static long SeqOf(AttemptKey key, bool ended) => ((long)key.Series << 16) + (key.Attempt * 2L) + (ended ? 1 : 0);
}
