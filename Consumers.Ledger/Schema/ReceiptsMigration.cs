using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Consumers.Ledger;

/// <summary>What an instance has in its hands, and what became of it when it ended.</summary>
[DbContext(typeof(LedgerContext))]
[Migration("20261121000004_Receipts")]
internal sealed class ReceiptsMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.AddColumn<string>("InHands", "Instances", nullable: true);
        migrationBuilder.CreateTable(
            "Receipts",
            table => new
            {
                RunId = table.Column<string>(maxLength: 128),
                Name = table.Column<string>(maxLength: 128),
                Host = table.Column<string>(),
                Pid = table.Column<int>(),
                Reason = table.Column<string>(maxLength: 128),
                StartedAt = table.Column<long>(),
                StoppingAt = table.Column<long>(nullable: true),
                EndedAt = table.Column<long>(),
                InFlight = table.Column<int>(),
                Finished = table.Column<int>(),
                HandedBack = table.Column<int>(),
                Abandoned = table.Column<int>(),
                TakenOver = table.Column<int>(),
                Tasks = table.Column<string>(),
            },
            constraints: table => table.PrimaryKey("PK_Receipts", r => r.RunId));
        migrationBuilder.CreateIndex("IX_Receipts_EndedAt", "Receipts", "EndedAt");
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropTable("Receipts");
        migrationBuilder.DropColumn("InHands", "Instances");
    }
}
