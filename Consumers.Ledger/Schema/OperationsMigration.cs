using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Consumers.Ledger;

/// <summary>Operations over dead letters, and the frozen set of each.</summary>
[DbContext(typeof(LedgerContext))]
[Migration("20261121000003_Operations")]
internal sealed class OperationsMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            "Operations",
            table => new
            {
                Row = table.Column<long>().Annotation("Sqlite:Autoincrement", true),
                Id = table.Column<string>(maxLength: 64),
                Kind = table.Column<string>(maxLength: 16),
                State = table.Column<string>(maxLength: 16),
                Scope = table.Column<string>(maxLength: 1024),
                Actor = table.Column<string>(maxLength: 128),
                Why = table.Column<string>(maxLength: 1024, nullable: true),
                RateMilli = table.Column<long>(),
                Canary = table.Column<int>(),
                StopAtFailurePercent = table.Column<int>(),
                Modules = table.Column<string>(maxLength: 128),
                IsCanaryPassed = table.Column<bool>(),
                JudgedSucceeded = table.Column<long>(),
                JudgedFailed = table.Column<long>(),
                Total = table.Column<long>(),
                Waiting = table.Column<long>(),
                Claimed = table.Column<long>(),
                Published = table.Column<long>(),
                Awaited = table.Column<long>(),
                Succeeded = table.Column<long>(),
                FailedAgain = table.Column<long>(),
                Discarded = table.Column<long>(),
                Skipped = table.Column<long>(),
                CreatedAt = table.Column<long>(),
                EndedAt = table.Column<long>(nullable: true),
                Note = table.Column<string>(maxLength: 1024, nullable: true),
                IsOpen = table.Column<bool>(),
                Owner = table.Column<string>(maxLength: 128, nullable: true),
                Runner = table.Column<string>(maxLength: 128, nullable: true),
                Body = table.Column<byte[]>(nullable: true),
            },
            constraints: table => table.PrimaryKey("PK_Operations", o => o.Row));
        migrationBuilder.CreateTable(
            "OperationItems",
            table => new
            {
                Operation = table.Column<long>(),
                Position = table.Column<long>(),
                DeadLetterRow = table.Column<long>(),
                State = table.Column<string>(maxLength: 16),
                Series = table.Column<int>(nullable: true),
                TaskId = table.Column<string>(maxLength: 128, nullable: true),
                Awaited = table.Column<bool>(),
                At = table.Column<long>(nullable: true),
                Error = table.Column<string>(maxLength: 1024, nullable: true),
            },
            constraints: table =>
            {
                table.PrimaryKey("PK_OperationItems", i => new { i.Operation, i.Position });
                table.ForeignKey("FK_OperationItems_Operations_Operation", i => i.Operation, "Operations", "Row", onDelete: ReferentialAction.Cascade);
            });

        migrationBuilder.CreateIndex("IX_Operations_Id", "Operations", "Id", unique: true);
        migrationBuilder.CreateIndex("IX_Operations_Open", "Operations", "Row", filter: "\"IsOpen\"");
        migrationBuilder.CreateIndex("IX_OperationItems_InHand", "OperationItems", "DeadLetterRow", unique: true, filter: "\"State\" IN ('waiting', 'claimed')");
        migrationBuilder.CreateIndex("IX_OperationItems_Operation_State_Position", "OperationItems", ["Operation", "State", "Position"]);
        migrationBuilder.CreateIndex("IX_OperationItems_Awaited", "OperationItems", ["Operation", "Position"], filter: "\"Awaited\"");
        migrationBuilder.CreateIndex("IX_OperationItems_Replayed", "OperationItems", "TaskId", filter: "\"State\" IN ('claimed', 'published')");
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropTable("OperationItems");
        migrationBuilder.DropTable("Operations");
    }
}
