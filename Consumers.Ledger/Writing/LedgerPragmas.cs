using System.Globalization;

namespace Consumers.Ledger;

/// <summary>What the ledger's promises rest on: set on every connection, and read back, because SQLite answers an unknown or refused pragma with silence.</summary>
internal static class LedgerPragmas
{
    /// <param name="run">Runs a statement and returns its first column as text.</param>
    /// <exception cref="LedgerUnusableException">A pragma does not hold.</exception>
    public static void Apply(Func<string, string?> run, string path, TimeSpan busyTimeout, bool readOnly)
    {
        var wait = ((int)busyTimeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        Set("busy_timeout", wait, wait);
        Set("journal_mode", "wal", "wal");
        Set("synchronous", "full", "2");
        Set("foreign_keys", "on", "1");
        // One elected process makes checkpoints: SQLite before 3.51.3 can lose pages when two do it at once.
        Set("wal_autocheckpoint", "0", "0");
        Set("query_only", readOnly ? "on" : "off", readOnly ? "1" : "0");

        void Set(string name, string value, string expected)
        {
            run($"PRAGMA {name}={value}");
            var actual = run($"PRAGMA {name}");
            if (!string.Equals(actual, expected, StringComparison.OrdinalIgnoreCase))
            {
                throw new LedgerUnusableException(
                    $"the ledger {path} does not take PRAGMA {name}={value}: it stays '{actual}'. The ledger needs a local disk on which SQLite can use write-ahead logging; set {LedgerOptions.Section}:Path to a file on one.");
            }
        }
    }
}
