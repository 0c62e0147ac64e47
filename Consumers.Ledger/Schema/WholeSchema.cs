using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>
/// What all migrations together make of an empty file, as SQL: <c>Schema/ledger.sql</c>, which <c>scripts/ledger-schema.sh</c> writes from the migrations and a test compares
/// with what they make. So a new ledger, and one that is up to date, need no EF.
/// </summary>
internal static class WholeSchema
{
    private const string NoteOfMigration = $"INSERT INTO \"{LedgerSchema.HistoryTable}\" VALUES ('";

    private static readonly string Script = Load();

    /// <summary>The ids of all migrations, oldest first.</summary>
    public static IReadOnlyList<string> Migrations { get; } =
        [.. Script.Split('\n').Where(line => line.StartsWith(NoteOfMigration, StringComparison.Ordinal)).Select(line => line[NoteOfMigration.Length..line.IndexOf('\'', NoteOfMigration.Length)])];

    /// <summary>All of it or nothing, whenever the process ends.</summary>
    public static void Make(LedgerConnection connection)
    {
        connection.Execute("BEGIN IMMEDIATE");
        connection.Execute(Script);
        CrashPoint.Hit(CrashPoints.Recovering);
        connection.Execute("COMMIT");
    }

    private static string Load()
    {
        using var stream = typeof(WholeSchema).Assembly.GetManifestResourceStream("Consumers.Ledger.ledger.sql")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
