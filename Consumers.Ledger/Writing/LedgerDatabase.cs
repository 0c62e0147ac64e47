using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.Options;

namespace Consumers.Ledger;

/// <summary>The file, and the connections to it: short-lived ones to read, and one to migrate. The writer has its own: <see cref="WriterConnection"/>.</summary>
internal sealed class LedgerDatabase : IDbContextFactory<LedgerContext>
{
    private readonly PooledDbContextFactory<LedgerContext> _readers;

    public LedgerDatabase(IOptions<LedgerOptions> options)
    {
        Options = options.Value;
        Path = System.IO.Path.GetFullPath(Options.Path);
        _readers = new PooledDbContextFactory<LedgerContext>(
            Build(new SqliteConnectionStringBuilder { DataSource = Path, Mode = SqliteOpenMode.ReadWrite, DefaultTimeout = 5 })
                .AddInterceptors(new EfPragmas(Path, Options.BusyTimeout, readOnly: true))
                .UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking)
                .Options,
            poolSize: 64);
    }

    public LedgerOptions Options { get; }

    /// <summary>Absolute.</summary>
    public string Path { get; }

    /// <summary>For reading.</summary>
    public LedgerContext CreateDbContext() => _readers.CreateDbContext();

    /// <summary>For migrations. Only here is the file made: one that vanished later is never made anew in silence.</summary>
    public LedgerContext CreateMigrating() => new(
        Build(new SqliteConnectionStringBuilder { DataSource = Path, Mode = SqliteOpenMode.ReadWriteCreate, Pooling = false, DefaultTimeout = 5 })
            .AddInterceptors(new EfPragmas(Path, Options.BusyTimeout, readOnly: false))
            .Options);

    private static DbContextOptionsBuilder<LedgerContext> Build(SqliteConnectionStringBuilder connection) =>
        new DbContextOptionsBuilder<LedgerContext>()
            .UseSqlite(connection.ConnectionString)
            // There is no model snapshot, as nothing generates migrations: a test compares the model with the migrated schema.
            .ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning));
}
