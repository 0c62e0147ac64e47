using Consumers.Core;
using Consumers.Ledger;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Consumers.Benchmarks;

/// <summary>The same rows in the same schema by EF's change tracker, in large batches and with nobody waiting for a single one: its best case.</summary>
internal sealed class SaveChangesLedger : IVariant
{
    private const int Batch = 500;

    public string Name => "savechanges";

    public VariantMode Mode => new("EF Core SaveChanges", "none", "all", $"batches of {Batch}", "FULL");

    public async Task<Sample> MeasureAsync(int messages, CancellationToken cancellationToken)
    {
        using var file = new TemporaryLedger();
        var meter = new Meter();
        var database = new LedgerDatabase(Options.Create(new LedgerOptions { Path = file.Path }));
        await new LedgerMigrator(database, TimeProvider.System).MigrateAsync(cancellationToken);
        await using var context = database.CreateMigrating();
        await context.Database.OpenConnectionAsync(cancellationToken);
        meter.First();
        for (var done = 0; done < messages; done += Batch)
        {
            var tasks = Enumerable.Range(0, Math.Min(Batch, messages - done)).Select(_ => Begin()).ToList();
            context.AddRange(tasks);
            await context.SaveChangesAsync(cancellationToken);
            tasks.ForEach(task => Settle(task));
            await context.SaveChangesAsync(cancellationToken);
            context.ChangeTracker.Clear();
        }
        return meter.Stop(messages);
    }

    /// <summary>The rows of a task whose first attempt has begun.</summary>
    /// <param name="at">Null for now.</param>
    public static TaskRecord Begin(DateTimeOffset? at = null)
    {
        var now = at ?? TimeProvider.System.GetUtcNow();
        return new TaskRecord
        {
            Id = Guid.CreateVersion7(now).ToString(),
            Module = "rabbit",
            Type = BenchTask.TypeName,
            Status = TaskState.Processing,
            WorkerId = "bench",
            Owner = "bench",
            MaxRetries = 5,
            Series = 1,
            Attempt = 1,
            Epoch = 1,
            Seq = 1,
            CreatedAt = now,
            ChangedAt = now,
            StartTime = now,
            Body = new TaskBodyRecord { Payload = BenchPayload.Json },
            Attempts = [new AttemptRecord { Series = 1, Attempt = 1, Epoch = 1, WorkerId = "bench", StartedAt = now }],
        };
    }

    /// <param name="at">Null for now.</param>
    public static void Settle(TaskRecord task, DateTimeOffset? at = null)
    {
        var now = at ?? TimeProvider.System.GetUtcNow();
        task.Status = TaskState.Completed;
        task.Owner = null;
        task.Seq++;
        task.ChangedAt = now;
        task.CompletedTime = now;
        task.Attempts[0].EndedAt = now;
        task.Attempts[0].Outcome = "success";
    }
}
