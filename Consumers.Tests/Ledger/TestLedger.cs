using Consumers.Core;
using Consumers.Ledger;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;

namespace Consumers.Tests.Ledger;

/// <summary>A real SQLite file in a folder of its own, and as many instances on it as a test wants.</summary>
internal sealed class TestLedger : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ledger-").FullName;
    private readonly List<TestInstance> _instances = [];

    public FakeTime Time { get; } = new();

    public LedgerOptions Options { get; } = new() { BusyTimeout = TimeSpan.FromMilliseconds(200), ProbeInterval = TimeSpan.FromMilliseconds(20) };

    public string Path => Options.Path;

    public TestLedger() => Options.Path = System.IO.Path.Combine(_folder, "data", "ledger.db");

    public async Task<TestInstance> StartAsync(string name = "consumer-1", TimeProvider? time = null)
    {
        var instance = new TestInstance(name, Options, time ?? Time);
        _instances.Add(instance);
        await instance.Keeper.StartingAsync(CancellationToken.None);
        return instance;
    }

    /// <summary>A connection of somebody else, who knows nothing of the ledger's rules.</summary>
    public SqliteConnection OpenForeign()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path, Pooling = false }.ConnectionString);
        connection.Open();
        return connection;
    }

    /// <summary>For migrations by EF.</summary>
    public LedgerContext Migrating() => new LedgerDatabase(Microsoft.Extensions.Options.Options.Create(Options)).CreateMigrating();

    public string? Read(string sql)
    {
        using var connection = OpenForeign();
        return Run(connection, sql);
    }

    public static string? Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar()?.ToString();
    }

    /// <summary>Moves the clock while these instances keep their leases.</summary>
    public async Task PassAsync(TimeSpan time, params TestInstance[] alive)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(1))
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            foreach (var instance in alive)
            {
                await instance.RenewAsync();
            }
        }
    }

    /// <summary>Nobody has the file open after it.</summary>
    public async Task DisposeInstancesAsync()
    {
        foreach (var instance in _instances)
        {
            await instance.DisposeAsync();
        }
        _instances.Clear();
        SqliteConnection.ClearAllPools();
    }

    public async ValueTask DisposeAsync()
    {
        await DisposeInstancesAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>What one process has of the ledger. Its lease is renewed by the test, not by a timer.</summary>
internal sealed class TestInstance : IAsyncDisposable
{
    public TestInstance(string name, LedgerOptions options, TimeProvider time)
    {
        Identity = new InstanceIdentity(name, time);
        Database = new LedgerDatabase(Microsoft.Extensions.Options.Options.Create(options));
        Health = new LedgerHealth(Database, time);
        Writer = new LedgerWriter(Database, Health, time, NullLogger<LedgerWriter>.Instance);
        Migrator = new LedgerMigrator(Database, time);
        Leases = new LeaseWatch(time);
        Judge = new OwnerJudge(Identity, Host, Leases);
        // A clock of its own that stands still: nothing renews behind the test's back.
        Keeper = new LeaseKeeper(Migrator, Writer, Identity, Host, Judge, Leases, FlightRecorder.Off, Database, new FakeTime(), NullLogger<LeaseKeeper>.Instance);
        Guard = new LedgerAttemptGuard(Writer, Identity, Judge, new RetrySchedule(new RetryOptions()));
        Tasks = new TaskLedger(Writer, Database, Judge, time);
        Queries = new TaskQueries(Database, time);
        Receipts = new Receipts(Database);
        Fleet = new LedgerFleetState(Keeper, Database, time);
        Archive = new DeadLetterArchive(Writer, new DeadLetterQueries(Database, time), Microsoft.Extensions.Options.Options.Create(Shared), time);
        Audit = new LedgerAudit(Database);
        Pauses = new LedgerPauses(Database, Writer, time, NullLogger<LedgerPauses>.Instance);
        Time = time;
        _report = new InstanceReport(name, Identity.RunId, Identity.Host, Identity.Pid, "1", "rabbit", null, Identity.StartedAt, Identity.StartedAt, "running", 0, 0, 0);
    }

    private readonly InstanceReport _report;

    public TimeProvider Time { get; }

    public HostIdentity Host { get; } = new();

    public InstanceIdentity Identity { get; }

    public LedgerDatabase Database { get; }

    public LedgerHealth Health { get; }

    public LedgerWriter Writer { get; }

    public LedgerMigrator Migrator { get; }

    public LeaseWatch Leases { get; }

    public OwnerJudge Judge { get; }

    public LeaseKeeper Keeper { get; }

    public IAttemptGuard Guard { get; }

    public ITaskLedger Tasks { get; }

    public ITaskQueries Queries { get; }

    public IFleetState Fleet { get; }

    public IReceipts Receipts { get; }

    public ConsumersOptions Shared { get; } = new();

    public IDeadLetterArchive Archive { get; }

    public IAudit Audit { get; }

    /// <summary>Read when the test starts it, and when its clock says so.</summary>
    public LedgerPauses Pauses { get; }

    public Task RenewAsync() => Writer.RunAsync(
        transaction =>
        {
            Leases.Look(transaction);
            InstanceRows.Renew(transaction, _report, Host);
            return true;
        },
        false,
        CancellationToken.None);

    /// <summary>Runs SQL on the writer's own connection, outside any transaction.</summary>
    public Task<string?> OnWriterAsync(string sql)
    {
        var done = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Writer.RunBetweenBatches(connection => done.SetResult(connection.RunOnce(sql)));
        return done.Task;
    }

    public static TaskMessage Message(string id, int retryCount = 0, int maxRetries = 5, string type = "email", string module = "rabbit", string payload = "{}") =>
        new() { Id = id, Type = type, RetryCount = retryCount, MaxRetries = maxRetries, Payload = System.Text.Encoding.UTF8.GetBytes(payload) };

    public ValueTask<AttemptBegin> BeginAsync(string id, int retryCount = 0, int series = 1, bool solitary = false, int maxRetries = 5, string module = "rabbit") =>
        Guard.BeginAsync(new AttemptRequest(Message(id, retryCount, maxRetries), series, module, solitary), CancellationToken.None);

    public async Task<AttemptBegin.Begun> BegunAsync(string id, int retryCount = 0, bool solitary = false, string module = "rabbit") =>
        (await BeginAsync(id, retryCount, solitary: solitary, module: module)).ShouldBeOfType<AttemptBegin.Begun>();

    public ValueTask<AttemptEnd> SettleAsync(AttemptBegin.Begun begun, Settlement owed) => Guard.SettleAsync(
        new AttemptResult(
            begun,
            SettlementPolicy.StateAfter(owed),
            owed is Settlement.Ack ? "success" : owed is Settlement.Retry ? "retryable" : "permanent",
            owed,
            owed is Settlement.Retry retry ? retry.Error : (owed as Settlement.DeadLetter)?.Error,
            Time.GetUtcNow(),
            Time.GetUtcNow()),
        CancellationToken.None);

    public Settlement.Retry RetryIn(AttemptBegin.Begun begun, double seconds) => new(Time.GetUtcNow().AddSeconds(seconds), begun.Key.Attempt, "no answer");

    public async ValueTask DisposeAsync()
    {
        await Pauses.StopAsync(CancellationToken.None);
        Pauses.Dispose();
        await Task.Run(Writer.Dispose);
        Database.Dispose();
    }
}
