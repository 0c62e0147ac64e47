using Microsoft.EntityFrameworkCore;

namespace Consumers.Ledger;

/// <summary>The archive's part of the model.</summary>
internal static class DeadLetterModel
{
    public static void Build(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<DeadLetterRecord>(letter =>
        {
            letter.ToTable("DeadLetters");
            letter.HasKey(d => d.Row);
            letter.Property(d => d.Id).HasMaxLength(LedgerContext.NameLength).IsRequired();
            letter.Property(d => d.Module).HasMaxLength(LedgerContext.WordLength);
            letter.Property(d => d.Source).HasMaxLength(LedgerContext.KeyLength);
            letter.Property(d => d.Origin).HasMaxLength(LedgerContext.KeyLength);
            letter.Property(d => d.Identity).HasMaxLength(LedgerContext.KeyLength);
            letter.Property(d => d.TaskId).HasMaxLength(LedgerContext.NameLength);
            letter.Property(d => d.Type).HasMaxLength(LedgerContext.NameLength);
            letter.Property(d => d.Key).HasMaxLength(LedgerContext.KeyLength);
            letter.Property(d => d.Content).HasMaxLength(LedgerContext.NameLength);
            letter.Property(d => d.Reason).HasMaxLength(LedgerContext.WordLength);
            letter.Property(d => d.Error).HasMaxLength(LedgerContext.ErrorLength);
            letter.Property(d => d.ConsumerId).HasMaxLength(LedgerContext.NameLength);
            letter.Property(d => d.ReplayedAs).HasMaxLength(LedgerContext.NameLength);
            letter.Property(d => d.Operation).HasMaxLength(LedgerContext.NameLength);
            letter.HasIndex(d => d.Id).IsUnique();
            letter.HasIndex(d => d.Seq).IsUnique();
            letter.HasIndex(d => new { d.Module, d.Identity }).IsUnique();
            letter.HasIndex(d => new { d.Module, d.TaskId }).IsUnique().HasFilter("\"TaskId\" IS NOT NULL");
            // Pages go by Seq within a state: what a filter names comes before it.
            letter.HasIndex(d => new { d.State, d.Seq });
            letter.HasIndex(d => new { d.Module, d.State, d.Seq });
            letter.HasIndex(d => new { d.Type, d.State, d.Seq });
            letter.HasIndex(d => new { d.Reason, d.State, d.Seq });
            letter.HasIndex(d => new { d.Cause, d.State, d.Seq });
            letter.HasOne<DeadLetterCauseRecord>().WithMany().HasForeignKey(d => d.Cause).OnDelete(DeleteBehavior.Restrict);
            letter.HasOne(d => d.Body).WithOne().HasForeignKey<DeadLetterBodyRecord>(b => b.DeadLetterRow).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<DeadLetterBodyRecord>(body =>
        {
            body.ToTable("DeadLetterBodies");
            body.HasKey(b => b.DeadLetterRow);
            body.Property(b => b.DeadLetterRow).ValueGeneratedNever();
            body.Property(b => b.Sha256).HasMaxLength(LedgerContext.NameLength);
        });
        modelBuilder.Entity<DeadLetterCauseRecord>(cause =>
        {
            cause.ToTable("DeadLetterCauses");
            cause.HasKey(c => c.Row);
            cause.Property(c => c.Id).HasMaxLength(LedgerContext.NameLength).IsRequired();
            cause.Property(c => c.Module).HasMaxLength(LedgerContext.WordLength);
            cause.Property(c => c.Type).HasMaxLength(LedgerContext.NameLength);
            cause.Property(c => c.Reason).HasMaxLength(LedgerContext.WordLength);
            cause.Property(c => c.Error).HasMaxLength(LedgerContext.ErrorLength);
            cause.Property(c => c.Place).HasMaxLength(LedgerContext.KeyLength);
            cause.HasIndex(c => c.Id).IsUnique();
            cause.HasIndex(c => c.Module);
        });
        modelBuilder.Entity<DeadLetterCauseHourRecord>(hour =>
        {
            hour.ToTable("DeadLetterCauseHours");
            hour.HasKey(h => new { h.Cause, h.Hour });
            hour.HasOne<DeadLetterCauseRecord>().WithMany().HasForeignKey(h => h.Cause).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<DeadLetterCounterRecord>(counter =>
        {
            counter.ToTable("DeadLetterCounters");
            counter.HasKey(c => new { c.Module, c.State });
            counter.Property(c => c.Module).HasMaxLength(LedgerContext.WordLength);
        });
        modelBuilder.Entity<SequenceRecord>(sequence =>
        {
            sequence.ToTable("Sequences");
            sequence.HasKey(s => s.Name);
            sequence.Property(s => s.Name).HasMaxLength(LedgerContext.NameLength);
        });
    }
}
