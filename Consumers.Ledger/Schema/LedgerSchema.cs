namespace Consumers.Ledger;

/// <summary>Whether what is in a file is a ledger that this version can use.</summary>
internal static class LedgerSchema
{
    /// <summary>Of EF: which migrations were applied.</summary>
    public const string HistoryTable = "__EFMigrationsHistory";

    /// <summary>Of EF: who migrates. We have a lock of our own, which ends with its process.</summary>
    public const string LockTable = "__EFMigrationsLock";

    public const string TablesSql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";

    public const string AppliedSql = "SELECT \"MigrationId\" FROM \"__EFMigrationsHistory\"";

    /// <summary>Why it cannot be used, and what to do; null when it can, also when it is empty or older.</summary>
    /// <param name="applied">Null where there is no table of migrations.</param>
    public static string? Problem(string path, IReadOnlyList<string> tables, IReadOnlyList<string>? applied, IEnumerable<string> known)
    {
        if (tables.Count == 0 || tables is [LockTable])
        {
            return null;
        }
        if (applied is null)
        {
            return $"{path} is a database, but not a ledger: it has the tables {string.Join(", ", tables.Take(5))}. Set {LedgerOptions.Section}:Path to another file.";
        }
        var unknown = applied.Except(known).ToList();
        return unknown.Count == 0 ? null
            : $"the ledger {path} was written by a newer version: it has the migration {unknown[^1]}, which this version does not know. Start the newer version, or set {LedgerOptions.Section}:Path to another file.";
    }
}
