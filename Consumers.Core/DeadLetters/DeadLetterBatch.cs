namespace Consumers.Core;

/// <summary>How much a source hands over at once. A batch is one transaction of the ledger, which outcomes of running tasks wait for.</summary>
public static class DeadLetterBatch
{
    public const int MaxLetters = 100;

    /// <summary>Of bodies; one alone may have more.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;
}
