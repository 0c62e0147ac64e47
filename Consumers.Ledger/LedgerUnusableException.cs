namespace Consumers.Ledger;

/// <summary>The ledger's file cannot be used, and waiting would not help: the start stops. The message says what, which file, why, and what to do.</summary>
public sealed class LedgerUnusableException(string message, Exception? inner = null) : Exception(message, inner);
