namespace Consumers.Benchmarks;

/// <summary>
/// Runs the variants of a comparison in turns (A B C, B C A, …), so that what drifts on the machine meets all of them alike and a round's figures can be divided by one another.
/// </summary>
internal static class Interleaving
{
    /// <summary>The size of the round that is not counted: enough for the code to be compiled in its final form.</summary>
    public static int WarmUpFor(int messages) => Math.Min(messages, Math.Max(2_000, messages / 5));

    /// <returns>Samples by variant in the comparison's order, and within a variant by round.</returns>
    /// <exception cref="RunFailedException">A variant did not do its work.</exception>
    public static async Task<IReadOnlyList<VariantSamples>> RunAsync(
        Comparison comparison, int messages, int rounds, Action<string> progress, CancellationToken cancellationToken)
    {
        var variants = comparison.Variants;
        var samples = variants.Select(variant => new VariantSamples(variant, [])).ToList();
        for (var round = 0; round <= rounds; round++)
        {
            var isWarmUp = round == 0;
            for (var turn = 0; turn < variants.Count; turn++)
            {
                var index = (turn + round) % variants.Count;
                var sample = await MeasureAsync(comparison, variants[index], isWarmUp ? WarmUpFor(messages) : messages, cancellationToken);
                progress($"{comparison.Title}: {(isWarmUp ? "warm-up" : $"round {round}/{rounds}")} {variants[index].Name} {sample.Rate:N0} {comparison.Unit}/s");
                if (!isWarmUp)
                {
                    samples[index].Samples.Add(sample);
                }
            }
        }
        return samples;
    }

    private static async Task<Sample> MeasureAsync(Comparison comparison, IVariant variant, int messages, CancellationToken cancellationToken)
    {
        // What the variant before left behind is not this one's to collect.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        // 200 a second is far below the slowest way to do any of this, and a million rows are made in less: a run that takes longer hangs.
        var limit = TimeSpan.FromSeconds(240 + messages / 200);
        using var timeout = new CancellationTokenSource(limit, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await variant.MeasureAsync(messages, either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RunFailedException($"{comparison.Title}: {variant.Name} did not finish {messages:N0} {comparison.Unit} within {limit.TotalSeconds:N0} s");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new RunFailedException($"{comparison.Title}: {variant.Name} failed: {e.Message}", e);
        }
    }
}

internal sealed record VariantSamples(IVariant Variant, List<Sample> Samples);

/// <summary>A run did not do its work, so there is no figure.</summary>
internal sealed class RunFailedException(string message, Exception? inner = null) : Exception(message, inner);
