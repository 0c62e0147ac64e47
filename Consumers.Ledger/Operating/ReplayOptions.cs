namespace Consumers.Ledger;

/// <summary>Section <c>Consumers:DeadLetters</c>: how they are replayed.</summary>
public sealed class ReplayOptions
{
    public const string Section = "Consumers:DeadLetters";

    public const double LowestRate = 0.1;
    public const double HighestRate = 10_000;

    /// <summary>How many dead letters a second one replay publishes when whoever starts it names no rate; 0.1–10,000. Default 200.</summary>
    public double ReplayRate { get; set; } = 200;
}
