using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Consumers.Ledger;

/// <summary>Which trace an attempt is in, and which request a task was accepted from.</summary>
[DbContext(typeof(LedgerContext))]
[Migration("20261121000007_Traces")]
internal sealed class TracesMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.AddColumn<string>("TraceId", "Attempts", maxLength: LedgerContext.TraceIdLength, nullable: true);
        migrationBuilder.AddColumn<string>("AcceptedIn", "Tasks", maxLength: LedgerContext.TraceParentLength, nullable: true);
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropColumn("TraceId", "Attempts");
        migrationBuilder.DropColumn("AcceptedIn", "Tasks");
    }
}
