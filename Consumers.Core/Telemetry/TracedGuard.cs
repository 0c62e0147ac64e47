using System.Diagnostics;

namespace Consumers.Core;

/// <summary>The guard's two durable steps as parts of the attempt's span. Where nothing is recorded, the guard itself.</summary>
internal sealed class TracedGuard(IAttemptGuard guard) : IAttemptGuard
{
    public bool Counts => guard.Counts;

    public ValueTask<AttemptBegin> BeginAsync(AttemptRequest request, CancellationToken cancellationToken) =>
        Activity.Current is null ? guard.BeginAsync(request, cancellationToken) : TracedAsync("ledger begin", guard.BeginAsync, request, cancellationToken);

    public ValueTask<AttemptEnd> SettleAsync(AttemptResult result, CancellationToken cancellationToken) =>
        Activity.Current is null ? guard.SettleAsync(result, cancellationToken) : TracedAsync("ledger settle", guard.SettleAsync, result, cancellationToken);

    public ValueTask ReleaseAsync(AttemptKey key, long epoch, CancellationToken cancellationToken) => guard.ReleaseAsync(key, epoch, cancellationToken);

    public void NotePaid(AttemptKey key) => guard.NotePaid(key);

    private static async ValueTask<TAnswer> TracedAsync<TAsked, TAnswer>(string name, Func<TAsked, CancellationToken, ValueTask<TAnswer>> ask, TAsked asked, CancellationToken cancellationToken)
    {
        using var span = TaskTelemetry.Step(name);
        return await ask(asked, cancellationToken).ConfigureAwait(false);
    }
}
