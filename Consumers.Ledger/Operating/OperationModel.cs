using Microsoft.EntityFrameworkCore;

namespace Consumers.Ledger;

/// <summary>The part of the model that operations over dead letters have.</summary>
internal static class OperationModel
{
    public static void Build(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<OperationRecord>(operation =>
        {
            operation.ToTable("Operations");
            operation.HasKey(o => o.Row);
            operation.Property(o => o.Id).HasMaxLength(64).IsRequired();
            operation.Property(o => o.Kind).HasConversion<OperationKindConverter>().HasMaxLength(LedgerContext.WordLength);
            operation.Property(o => o.State).HasConversion<OperationStateConverter>().HasMaxLength(LedgerContext.WordLength);
            operation.Property(o => o.Scope).HasMaxLength(LedgerContext.ErrorLength);
            operation.Property(o => o.Actor).HasMaxLength(LedgerContext.NameLength);
            operation.Property(o => o.Why).HasMaxLength(LedgerContext.ErrorLength);
            operation.Property(o => o.Modules).HasMaxLength(LedgerContext.NameLength);
            operation.Property(o => o.Note).HasMaxLength(LedgerContext.ErrorLength);
            operation.Property(o => o.Owner).HasMaxLength(LedgerContext.NameLength);
            operation.Property(o => o.Runner).HasMaxLength(LedgerContext.NameLength);
            operation.HasIndex(o => o.Id).IsUnique();
            operation.HasIndex(o => o.Row).HasFilter("\"IsOpen\"").HasDatabaseName("IX_Operations_Open");
        });
        modelBuilder.Entity<OperationItemRecord>(item =>
        {
            item.ToTable("OperationItems");
            item.HasKey(i => new { i.Operation, i.Position });
            item.Property(i => i.State).HasConversion<OperationItemStateConverter>().HasMaxLength(LedgerContext.WordLength);
            item.Property(i => i.TaskId).HasMaxLength(LedgerContext.NameLength);
            item.Property(i => i.Error).HasMaxLength(LedgerContext.ErrorLength);
            item.HasOne<OperationRecord>().WithMany().HasForeignKey(i => i.Operation).OnDelete(DeleteBehavior.Cascade);
            item.HasIndex(i => i.DeadLetterRow).IsUnique().HasFilter("\"State\" IN ('waiting', 'claimed')").HasDatabaseName("IX_OperationItems_InHand");
            item.HasIndex(i => new { i.Operation, i.State, i.Position });
            item.HasIndex(i => new { i.Operation, i.Position }).HasFilter("\"Awaited\"").HasDatabaseName("IX_OperationItems_Awaited");
            item.HasIndex(i => i.TaskId).HasFilter("\"State\" IN ('claimed', 'published')").HasDatabaseName("IX_OperationItems_Replayed");
        });
    }
}
