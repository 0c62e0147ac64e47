using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Consumers.Ledger;

/// <summary>The archive of dead letters, and their causes.</summary>
[DbContext(typeof(LedgerContext))]
[Migration("20261121000002_DeadLetters")]
internal sealed class DeadLettersMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            "DeadLetterCauses",
            table => new
            {
                Row = table.Column<long>().Annotation("Sqlite:Autoincrement", true),
                Id = table.Column<string>(maxLength: 128),
                Module = table.Column<string>(maxLength: 16),
                Type = table.Column<string>(maxLength: 128, nullable: true),
                Reason = table.Column<string>(maxLength: 16),
                Error = table.Column<string>(maxLength: 1024),
                Place = table.Column<string>(maxLength: 512, nullable: true),
                Dead = table.Column<long>(),
                Replayed = table.Column<long>(),
                Discarded = table.Column<long>(),
                FirstAt = table.Column<long>(),
                LastAt = table.Column<long>(),
            },
            constraints: table => table.PrimaryKey("PK_DeadLetterCauses", c => c.Row));
        migrationBuilder.CreateTable(
            "DeadLetterCauseHours",
            table => new
            {
                Cause = table.Column<long>(),
                Hour = table.Column<long>(),
                Count = table.Column<long>(),
            },
            constraints: table =>
            {
                table.PrimaryKey("PK_DeadLetterCauseHours", h => new { h.Cause, h.Hour });
                table.ForeignKey("FK_DeadLetterCauseHours_DeadLetterCauses_Cause", h => h.Cause, "DeadLetterCauses", "Row", onDelete: ReferentialAction.Cascade);
            });
        migrationBuilder.CreateTable(
            "DeadLetters",
            table => new
            {
                Row = table.Column<long>().Annotation("Sqlite:Autoincrement", true),
                Id = table.Column<string>(maxLength: 128),
                Seq = table.Column<long>(),
                Module = table.Column<string>(maxLength: 16),
                Source = table.Column<string>(maxLength: 512),
                Origin = table.Column<string>(maxLength: 512, nullable: true),
                Identity = table.Column<string>(maxLength: 512),
                TaskId = table.Column<string>(maxLength: 128, nullable: true),
                Type = table.Column<string>(maxLength: 128, nullable: true),
                Key = table.Column<string>(maxLength: 512, nullable: true),
                Content = table.Column<string>(maxLength: 128),
                Series = table.Column<int>(),
                Reason = table.Column<string>(maxLength: 16),
                Cause = table.Column<long>(),
                Error = table.Column<string>(maxLength: 1024),
                Attempts = table.Column<int>(),
                Times = table.Column<int>(),
                FirstFailureAt = table.Column<long>(nullable: true),
                DeadAt = table.Column<long>(),
                ArchivedAt = table.Column<long>(),
                ChangedAt = table.Column<long>(),
                ConsumerId = table.Column<string>(maxLength: 128, nullable: true),
                BodyBytes = table.Column<long>(),
                State = table.Column<string>(maxLength: 16),
                ReplayedAs = table.Column<string>(maxLength: 128, nullable: true),
                Operation = table.Column<string>(maxLength: 128, nullable: true),
            },
            constraints: table =>
            {
                table.PrimaryKey("PK_DeadLetters", d => d.Row);
                table.ForeignKey("FK_DeadLetters_DeadLetterCauses_Cause", d => d.Cause, "DeadLetterCauses", "Row", onDelete: ReferentialAction.Restrict);
            });
        migrationBuilder.CreateTable(
            "DeadLetterBodies",
            table => new
            {
                DeadLetterRow = table.Column<long>(),
                Body = table.Column<byte[]>(),
                Sha256 = table.Column<string>(maxLength: 128, nullable: true),
                Headers = table.Column<string>(),
            },
            constraints: table =>
            {
                table.PrimaryKey("PK_DeadLetterBodies", b => b.DeadLetterRow);
                table.ForeignKey("FK_DeadLetterBodies_DeadLetters_DeadLetterRow", b => b.DeadLetterRow, "DeadLetters", "Row", onDelete: ReferentialAction.Cascade);
            });
        migrationBuilder.CreateTable(
            "DeadLetterCounters",
            table => new
            {
                Module = table.Column<string>(maxLength: 16),
                State = table.Column<string>(maxLength: 16),
                Count = table.Column<long>(),
            },
            constraints: table => table.PrimaryKey("PK_DeadLetterCounters", c => new { c.Module, c.State }));
        migrationBuilder.CreateTable(
            "Sequences",
            table => new
            {
                Name = table.Column<string>(maxLength: 128),
                Last = table.Column<long>(),
            },
            constraints: table => table.PrimaryKey("PK_Sequences", s => s.Name));

        migrationBuilder.CreateIndex("IX_DeadLetterCauses_Id", "DeadLetterCauses", "Id", unique: true);
        migrationBuilder.CreateIndex("IX_DeadLetterCauses_Module", "DeadLetterCauses", "Module");
        migrationBuilder.CreateIndex("IX_DeadLetters_Id", "DeadLetters", "Id", unique: true);
        migrationBuilder.CreateIndex("IX_DeadLetters_Seq", "DeadLetters", "Seq", unique: true);
        migrationBuilder.CreateIndex("IX_DeadLetters_Module_Identity", "DeadLetters", ["Module", "Identity"], unique: true);
        migrationBuilder.CreateIndex("IX_DeadLetters_Module_TaskId", "DeadLetters", ["Module", "TaskId"], unique: true, filter: "\"TaskId\" IS NOT NULL");
        migrationBuilder.CreateIndex("IX_DeadLetters_State_Seq", "DeadLetters", ["State", "Seq"]);
        migrationBuilder.CreateIndex("IX_DeadLetters_Module_State_Seq", "DeadLetters", ["Module", "State", "Seq"]);
        migrationBuilder.CreateIndex("IX_DeadLetters_Type_State_Seq", "DeadLetters", ["Type", "State", "Seq"]);
        migrationBuilder.CreateIndex("IX_DeadLetters_Reason_State_Seq", "DeadLetters", ["Reason", "State", "Seq"]);
        migrationBuilder.CreateIndex("IX_DeadLetters_Cause_State_Seq", "DeadLetters", ["Cause", "State", "Seq"]);
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        foreach (var table in (string[])["Sequences", "DeadLetterCounters", "DeadLetterBodies", "DeadLetters", "DeadLetterCauseHours", "DeadLetterCauses"])
        {
            migrationBuilder.DropTable(table);
        }
    }
}
