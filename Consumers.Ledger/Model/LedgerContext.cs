using Consumers.Core;
using Microsoft.EntityFrameworkCore;

namespace Consumers.Ledger;

/// <summary>The ledger for EF Core: model, migrations and queries. What is written on the hot path is written by <see cref="LedgerWriter"/>, never by the change tracker.</summary>
internal sealed class LedgerContext(DbContextOptions<LedgerContext> options) : DbContext(options)
{
    internal const int NameLength = 128;
    internal const int KeyLength = 512;
    internal const int WordLength = 16;
    internal const int ErrorLength = 1024;
    internal const int TraceIdLength = 32;
    internal const int TraceParentLength = 55;

    public DbSet<TaskRecord> Tasks => Set<TaskRecord>();

    public DbSet<TaskBodyRecord> Bodies => Set<TaskBodyRecord>();

    public DbSet<AttemptRecord> Attempts => Set<AttemptRecord>();

    public DbSet<CounterRecord> Counters => Set<CounterRecord>();

    public DbSet<InstanceRecord> Instances => Set<InstanceRecord>();

    public DbSet<ReceiptRecord> Receipts => Set<ReceiptRecord>();

    public DbSet<PauseRecord> Pauses => Set<PauseRecord>();

    public DbSet<AuditRecord> Audit => Set<AuditRecord>();

    public DbSet<DeadLetterRecord> DeadLetters => Set<DeadLetterRecord>();

    public DbSet<DeadLetterBodyRecord> DeadLetterBodies => Set<DeadLetterBodyRecord>();

    public DbSet<DeadLetterCauseRecord> DeadLetterCauses => Set<DeadLetterCauseRecord>();

    public DbSet<DeadLetterCauseHourRecord> DeadLetterCauseHours => Set<DeadLetterCauseHourRecord>();

    public DbSet<DeadLetterCounterRecord> DeadLetterCounters => Set<DeadLetterCounterRecord>();

    public DbSet<OperationRecord> Operations => Set<OperationRecord>();

    public DbSet<FigureRecord> Figures => Set<FigureRecord>();

    public DbSet<OperationItemRecord> OperationItems => Set<OperationItemRecord>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMillisecondsConverter>();
        configurationBuilder.Properties<TaskState>().HaveConversion<StateConverter>().HaveMaxLength(WordLength);
        configurationBuilder.Properties<DeadLetterState>().HaveConversion<DeadLetterStateConverter>().HaveMaxLength(WordLength);
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<TaskRecord>(task =>
        {
            task.ToTable("Tasks");
            task.HasKey(t => t.Row);
            task.Property(t => t.Id).HasMaxLength(NameLength).IsRequired();
            task.Property(t => t.Module).HasMaxLength(WordLength);
            task.Property(t => t.Type).HasMaxLength(NameLength);
            task.Property(t => t.Key).HasMaxLength(KeyLength);
            task.Property(t => t.WorkerId).HasMaxLength(NameLength);
            task.Property(t => t.Owner).HasMaxLength(NameLength);
            task.Property(t => t.DeadReason).HasMaxLength(WordLength);
            task.Property(t => t.ErrorMessage).HasMaxLength(ErrorLength);
            task.Property(t => t.AcceptedIn).HasMaxLength(TraceParentLength);
            task.Property(t => t.TraceId).HasMaxLength(TraceIdLength);
            task.HasIndex(t => t.Id).IsUnique();
            task.HasIndex(t => new { t.Type, t.Row });
            task.HasIndex(t => new { t.Module, t.Row });
            // Partial: a million completed rows cost these nothing.
            task.HasIndex(t => new { t.Key, t.Row }).HasFilter("\"Key\" IS NOT NULL");
            task.HasIndex(t => new { t.Status, t.Row }).HasFilter("\"Status\" <> 'COMPLETED'");
            task.HasIndex(t => new { t.Module, t.EnqueuedAt, t.Row }).HasFilter("\"AwaitsPublishing\"").HasDatabaseName("IX_Tasks_Unpublished");
            task.HasIndex(t => new { t.Module, t.DueAt, t.Tier, t.Status }).HasFilter("\"Status\" = 'RETRYING'").HasDatabaseName("IX_Tasks_Waiting");
            task.HasOne(t => t.Body).WithOne().HasForeignKey<TaskBodyRecord>(b => b.TaskRow).OnDelete(DeleteBehavior.Cascade);
            task.HasMany(t => t.Attempts).WithOne().HasForeignKey(a => a.TaskRow).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<TaskBodyRecord>(body =>
        {
            body.ToTable("TaskBodies");
            body.HasKey(b => b.TaskRow);
            body.Property(b => b.TaskRow).ValueGeneratedNever();
        });
        modelBuilder.Entity<AttemptRecord>(attempt =>
        {
            attempt.ToTable("Attempts");
            attempt.HasKey(a => new { a.TaskRow, a.Series, a.Attempt, a.Epoch });
            attempt.Property(a => a.WorkerId).HasMaxLength(NameLength);
            attempt.Property(a => a.Outcome).HasMaxLength(64);
            attempt.Property(a => a.Error).HasMaxLength(ErrorLength);
            attempt.Property(a => a.TraceId).HasMaxLength(TraceIdLength);
        });
        modelBuilder.Entity<CounterRecord>(counter =>
        {
            counter.ToTable("Counters");
            counter.HasKey(c => new { c.Module, c.Status });
            counter.Property(c => c.Module).HasMaxLength(WordLength);
        });
        modelBuilder.Entity<InstanceRecord>(instance =>
        {
            instance.ToTable("Instances");
            instance.HasKey(i => i.RunId);
            instance.Property(i => i.RunId).HasMaxLength(NameLength);
            instance.Property(i => i.Name).HasMaxLength(NameLength);
            instance.Property(i => i.State).HasMaxLength(WordLength);
        });
        modelBuilder.Entity<ReceiptRecord>(receipt =>
        {
            receipt.ToTable("Receipts");
            receipt.HasKey(r => r.RunId);
            receipt.Property(r => r.RunId).HasMaxLength(NameLength);
            receipt.Property(r => r.Name).HasMaxLength(NameLength);
            receipt.Property(r => r.Reason).HasMaxLength(NameLength);
            receipt.HasIndex(r => r.EndedAt);
        });
        modelBuilder.Entity<PauseRecord>(pause =>
        {
            pause.ToTable("Pauses");
            pause.HasKey(p => new { p.Module, p.Type });
            pause.Property(p => p.Module).HasMaxLength(WordLength);
            pause.Property(p => p.Type).HasMaxLength(NameLength);
            pause.Property(p => p.Actor).HasMaxLength(PauseOrder.MaxByLength);
            pause.Property(p => p.Reason).HasMaxLength(ErrorLength);
        });
        modelBuilder.Entity<AuditRecord>(audit =>
        {
            audit.ToTable("Audit");
            audit.HasKey(a => a.Row);
            audit.Property(a => a.Id).HasMaxLength(NameLength).IsRequired();
            audit.Property(a => a.Actor).HasMaxLength(PauseOrder.MaxByLength);
            audit.Property(a => a.Action).HasMaxLength(WordLength);
            audit.Property(a => a.Target).HasMaxLength(KeyLength);
            audit.Property(a => a.Result).HasMaxLength(WordLength);
            audit.Property(a => a.Detail).HasMaxLength(ErrorLength);
            audit.HasIndex(a => a.Id).IsUnique();
        });
        modelBuilder.Entity<FigureRecord>(figure =>
        {
            figure.ToTable("Figures");
            figure.HasKey(f => new { f.StepSeconds, f.Start, f.Source });
            figure.Property(f => f.Source).HasMaxLength(NameLength);
            figure.Property(f => f.Processes).HasDefaultValue(1);
        });
        DeadLetterModel.Build(modelBuilder);
        OperationModel.Build(modelBuilder);
    }
}
