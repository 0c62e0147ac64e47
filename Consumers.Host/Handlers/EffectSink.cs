using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Handlers;

/// <summary>Where the effects of <c>probe</c> tasks are to be seen: a file of its own, outside the ledger and outside the pipeline's history.</summary>
internal sealed class EffectSink(IOptions<HistoryOptions> options, InstanceIdentity identity, TimeProvider time) : IDisposable
{
    private readonly ProcessHistory _file = ProcessHistory.Open(options.Value.Folder!, "effects", identity, time);

    /// <summary>The effect of one attempt, in one write.</summary>
    public void Happened(TaskContext context, DateTimeOffset began) => _file.Write(
        HistoryEvents.Effect,
        new AttemptKey(context.Id, context.Series, context.Attempt),
        0,
        $"began={(began - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond}");

    public void Dispose() => _file.Dispose();
}
