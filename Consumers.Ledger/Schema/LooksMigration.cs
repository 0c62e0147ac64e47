using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Consumers.Ledger;

/// <summary>What looking costs: a module's waiting retries by an index of their own, and figures of long ago in one row.</summary>
[DbContext(typeof(LedgerContext))]
[Migration("20261121000006_Looks")]
internal sealed class LooksMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropIndex("IX_Tasks_Waiting", "Tasks");
        migrationBuilder.CreateIndex("IX_Tasks_Waiting", "Tasks", ["Module", "DueAt", "Tier", "Status"], filter: "\"Status\" = 'RETRYING'");
        migrationBuilder.AddColumn<int>("Processes", "Figures", defaultValue: 1);
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropColumn("Processes", "Figures");
        migrationBuilder.DropIndex("IX_Tasks_Waiting", "Tasks");
        migrationBuilder.CreateIndex("IX_Tasks_Waiting", "Tasks", ["DueAt", "Module", "Tier", "Status"], filter: "\"Status\" = 'RETRYING'");
    }
}
