using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.Options;

namespace Consumers.Ledger;

/// <summary>
/// The file, and the connections to it: one for what is read all the time, short-lived ones of EF for what people ask for, and one to migrate. The writer has its own: <see cref="WriterConnection"/>.
/// </summary>
internal sealed class LedgerDatabase : IDbContextFactory<LedgerContext>, IDisposable
{
    // Not before somebody asks: a process that only runs tasks never needs EF.
    private readonly Lazy<PooledDbContextFactory<LedgerContext>> _readers;
    private readonly LedgerReader _reader;

    public LedgerDatabase(IOptions<LedgerOptions> options)
    {
        Options = options.Value;
        Path = System.IO.Path.GetFullPath(Options.Path);
        _readers = new(CreateReaders);
        _reader = new LedgerReader(this);
    }

    public LedgerOptions Options { get; }

    /// <summary>Absolute.</summary>
    public string Path { get; }

    /// <summary>For reading what people ask for.</summary>
    public LedgerContext CreateDbContext() => _readers.Value.CreateDbContext();

    /// <inheritdoc cref="LedgerReader.Read" />
    public T Read<T>(Func<LedgerConnection, T> read) => _reader.Read(read);

    public void Dispose() => _reader.Dispose();

    /// <summary>For migrations: one that vanished later is never made anew in silence.</summary>
    public LedgerContext CreateMigrating() => new(
        Build(new SqliteConnectionStringBuilder { DataSource = Path, Mode = SqliteOpenMode.ReadWriteCreate, Pooling = false, DefaultTimeout = 5 })
            .AddInterceptors(new EfPragmas(Path, Options.BusyTimeout, readOnly: false))
            .Options);

    private PooledDbContextFactory<LedgerContext> CreateReaders() => new(
        Build(new SqliteConnectionStringBuilder { DataSource = Path, Mode = SqliteOpenMode.ReadWrite, DefaultTimeout = 5 })
            .AddInterceptors(new EfPragmas(Path, Options.BusyTimeout, readOnly: true))
            .UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking)
            .Options,
        poolSize: 64);

    private static DbContextOptionsBuilder<LedgerContext> Build(SqliteConnectionStringBuilder connection) =>
        new DbContextOptionsBuilder<LedgerContext>()
            .UseSqlite(connection.ConnectionString)
            // There is no model snapshot, as nothing generates migrations: a test compares the model with the migrated schema.
            .ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning));
}
