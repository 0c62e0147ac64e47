using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Consumers.Ledger;

/// <summary>Pauses, and the audit of what people do.</summary>
[DbContext(typeof(LedgerContext))]
[Migration("20261121000001_Pauses")]
internal sealed class PausesMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            "Pauses",
            table => new
            {
                Module = table.Column<string>(maxLength: 16),
                Type = table.Column<string>(maxLength: 128),
                Since = table.Column<long>(),
                Actor = table.Column<string>(maxLength: 128),
                Reason = table.Column<string>(maxLength: 1024, nullable: true),
            },
            constraints: table => table.PrimaryKey("PK_Pauses", p => new { p.Module, p.Type }));
        migrationBuilder.CreateTable(
            "Audit",
            table => new
            {
                Row = table.Column<long>().Annotation("Sqlite:Autoincrement", true),
                Id = table.Column<string>(maxLength: 128),
                At = table.Column<long>(),
                Actor = table.Column<string>(maxLength: 128),
                Action = table.Column<string>(maxLength: 16),
                Target = table.Column<string>(maxLength: 512),
                Count = table.Column<long>(),
                Result = table.Column<string>(maxLength: 16),
                Detail = table.Column<string>(maxLength: 1024, nullable: true),
            },
            constraints: table => table.PrimaryKey("PK_Audit", a => a.Row));
        migrationBuilder.CreateIndex("IX_Audit_Id", "Audit", "Id", unique: true);
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropTable("Audit");
        migrationBuilder.DropTable("Pauses");
    }
}
