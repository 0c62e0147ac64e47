using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Consumers.Ledger;

/// <summary>A running attempt stands in its task's row, and gets one of its own when it ends. All but its trace stood there before.</summary>
[DbContext(typeof(LedgerContext))]
[Migration("20261201000008_Running")]
internal sealed class RunningMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.AddColumn<string>("TraceId", "Tasks", maxLength: LedgerContext.TraceIdLength, nullable: true);

    protected override void Down(MigrationBuilder migrationBuilder) =>
        migrationBuilder.DropColumn("TraceId", "Tasks");
}
