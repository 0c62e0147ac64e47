namespace Consumers.Benchmarks;

/// <summary>How much of one core a process takes, in percent.</summary>
/// <param name="Alone">While nobody watches it.</param>
internal readonly record struct Busy(double Alone, double Watched)
{
    /// <summary>What those who watch cost.</summary>
    public double Viewers => Watched - Alone;
}
