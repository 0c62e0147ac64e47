using System.Diagnostics;
using System.Threading.Tasks.Sources;
using Consumers.Core;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>One message on its way to the broker; awaited until it is confirmed. One object a message: it is the awaitable itself.</summary>
internal sealed class OutgoingMessage : IValueTaskSource
{
    // Confirms arrive on the client's reading loop, which must not run what waits for them.
    private ManualResetValueTaskSourceCore<bool> _completion = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancellation;
    private int _isDone;

    public required string Exchange { get; init; }

    public required string RoutingKey { get; init; }

    public required BasicProperties Properties { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>
    /// Without a queue to go to it fails. False for status events alone, where no subscriber is normal: it is given back all the same, and counts as confirmed.
    /// </summary>
    public bool NeedsQueue { get; init; } = true;

    /// <summary>Told when a message that needs no queue was given back, before it is confirmed.</summary>
    public Action? Returned { get; set; }

    /// <summary>Told when it is confirmed or has failed; null for what nobody counts.</summary>
    public PublishTarget? Told { get; init; }

    /// <summary>Null while nobody records it.</summary>
    public Activity? Span { get; init; }

    /// <summary>When the caller asked for it, as a timestamp of the time provider.</summary>
    public long AskedAt { get; set; }

    /// <summary>When it was handed to the connection.</summary>
    public long SentAt { get; set; }

    /// <summary>Set when the broker gave it back as unroutable; its confirm follows.</summary>
    public string? ReturnReason { get; set; }

    /// <summary>The one to be told after this one, of those that one confirm settles.</summary>
    public OutgoingMessage? Next { get; set; }

    public bool IsDone => Volatile.Read(ref _isDone) != 0;

    /// <summary>To be awaited once.</summary>
    public ValueTask Confirmed => new(this, _completion.Version);

    public void CancelWith(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(
                static (state, token) => ((OutgoingMessage)state!).TryFail(new OperationCanceledException(token)), this);
        }
    }

    public void Confirm()
    {
        if (ReturnReason is { } reason && NeedsQueue)
        {
            TryFail(new PublishFailedException(PublishFailure.Unroutable, $"the broker has no queue for {Target}: {reason}"));
        }
        else if (Interlocked.Exchange(ref _isDone, 1) == 0)
        {
            _cancellation.Unregister();
            if (ReturnReason is not null)
            {
                Returned?.Invoke();
            }
            Told?.Done(AskedAt, Span, null);
            _completion.SetResult(true);
        }
    }

    public void Refuse() => TryFail(new PublishFailedException(PublishFailure.Refused, $"the broker refused a message for {Target}; is the queue full?"));

    public void TryFail(Exception failure)
    {
        if (Interlocked.Exchange(ref _isDone, 1) == 0)
        {
            _cancellation.Unregister();
            Told?.Done(AskedAt, Span, PublishTarget.ErrorOf(failure));
            _completion.SetException(failure);
        }
    }

    public string Target => Exchange.Length == 0 ? $"queue '{RoutingKey}'" : $"exchange '{Exchange}' with routing key '{RoutingKey}'";

    void IValueTaskSource.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);
}
