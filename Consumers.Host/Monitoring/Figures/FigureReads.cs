using Consumers.Core;

namespace Consumers.Host.Monitoring.Figures;

/// <summary>Reads the figures when somebody looks at them, and not oftener than they change.</summary>
internal sealed class FigureReads(IFigureStore store, LedgerReads ledger, TimeProvider time)
{
    private readonly Dictionary<FigureRange, Cached> _cached = FigureRange.All.ToDictionary(range => range, _ => new Cached());

    public async Task<Known<FigureSeries>> SeriesAsync(FigureRange range, CancellationToken cancellationToken)
    {
        var cached = _cached[range];
        await cached.One.WaitAsync(cancellationToken);
        try
        {
            var now = time.GetUtcNow();
            if (cached.Series is not { IsKnown: true } series || time.GetElapsedTime(cached.ReadAt) >= FigureRange.Quarter.Step)
            {
                cached.Series = series = await ledger.ReadAsync(
                    "figures", async token => FigureSeries.Of(range, await store.ReadAsync(range.Step, FigureSeries.FirstOf(range, now), token), now), cancellationToken);
                cached.ReadAt = time.GetTimestamp();
            }
            return series;
        }
        finally
        {
            cached.One.Release();
        }
    }

    private sealed class Cached
    {
        public readonly SemaphoreSlim One = new(1, 1);
        public Known<FigureSeries>? Series;
        public long ReadAt;
    }
}
