using System.Threading.Tasks.Sources;
using Consumers.Core;

namespace Consumers.Rabbit;

/// <summary>A status event that is due. One object an event: it is the awaitable itself.</summary>
internal sealed class StatusAnnouncement(StatusEvent status, CancellationToken cancellationToken) : IValueTaskSource
{
    // Whoever completes it has a batch of them to complete.
    private ManualResetValueTaskSourceCore<bool> _completion = new() { RunContinuationsAsynchronously = true };

    public StatusEvent Status => status;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>To be awaited once.</summary>
    public ValueTask Completed => new(this, _completion.Version);

    public void Complete() => _completion.SetResult(true);

    public void Fail(Exception failure) => _completion.SetException(failure);

    void IValueTaskSource.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);
}
