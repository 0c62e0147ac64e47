using Consumers.Core;

namespace Consumers.Host.Monitoring.Figures;

/// <summary>Reads the figures when somebody looks at them, and not oftener than they change. Who looks is not kept waiting for what is newer by seconds: that is read meanwhile, for the next one.</summary>
internal sealed class FigureReads(IFigureStore store, LedgerReads ledger, TimeProvider time)
{
    /// <summary>Figures are read anew after this, and nobody is shown older ones than three times this.</summary>
    internal static readonly TimeSpan Fresh = FigureRange.Quarter.Step;

    private readonly Dictionary<FigureRange, Kept> _kept = FigureRange.All.ToDictionary(range => range, _ => new Kept());

    public async Task<Known<FigureSeries>> SeriesAsync(FigureRange range, CancellationToken cancellationToken)
    {
        var kept = _kept[range];
        Task<Known<FigureSeries>> reading;
        lock (kept)
        {
            var age = time.GetElapsedTime(kept.ReadAt);
            if (kept.Reading is null || (kept.Reading.IsCompleted && (kept.Series is not { IsKnown: true } || age >= Fresh)))
            {
                kept.Reading = ReadAsync(range, kept);
            }
            if (kept.Series is { IsKnown: true } series && age < Fresh * 3)
            {
                return series;
            }
            reading = kept.Reading;
        }
        return await reading.WaitAsync(cancellationToken);
    }

    private async Task<Known<FigureSeries>> ReadAsync(FigureRange range, Kept kept)
    {
        var now = time.GetUtcNow();
        var began = time.GetTimestamp();
        // Whoever asked first may leave, and others wait for the same.
        var series = await ledger.ReadOftenAsync("figures", async token => FigureSeries.Of(range, await store.ReadAsync(range.Step, FigureSeries.FirstOf(range, now), token), now), CancellationToken.None);
        lock (kept)
        {
            (kept.Series, kept.ReadAt) = (series, began);
        }
        return series;
    }

    private sealed class Kept
    {
        public Task<Known<FigureSeries>>? Reading;
        public Known<FigureSeries>? Series;
        public long ReadAt;
    }
}
