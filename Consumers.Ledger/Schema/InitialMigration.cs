using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Consumers.Ledger;

/// <summary>The first schema. Column types are left to the provider. A released migration never changes: what comes later is a migration of its own.</summary>
[DbContext(typeof(LedgerContext))]
[Migration("20261121000000_Initial")]
internal sealed class InitialMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            "Tasks",
            table => new
            {
                Row = table.Column<long>().Annotation("Sqlite:Autoincrement", true),
                Id = table.Column<string>(maxLength: 128),
                Module = table.Column<string>(maxLength: 16),
                Type = table.Column<string>(maxLength: 128),
                Key = table.Column<string>(maxLength: 512, nullable: true),
                Status = table.Column<string>(maxLength: 16),
                WorkerId = table.Column<string>(maxLength: 128, nullable: true),
                RetryCount = table.Column<int>(),
                MaxRetries = table.Column<int>(),
                Series = table.Column<int>(),
                Attempt = table.Column<int>(),
                Epoch = table.Column<long>(),
                Seq = table.Column<long>(),
                Owner = table.Column<string>(maxLength: 128, nullable: true),
                CreatedAt = table.Column<long>(),
                ChangedAt = table.Column<long>(),
                StartTime = table.Column<long>(nullable: true),
                CompletedTime = table.Column<long>(nullable: true),
                DueAt = table.Column<long>(nullable: true),
                Tier = table.Column<long>(nullable: true),
                DeadReason = table.Column<string>(maxLength: 16, nullable: true),
                ErrorMessage = table.Column<string>(maxLength: 1024, nullable: true),
                AwaitsPublishing = table.Column<bool>(),
                EnqueuedAt = table.Column<long>(nullable: true),
                SharedDeaths = table.Column<int>(),
                SolitaryDeaths = table.Column<int>(),
                Solitary = table.Column<bool>(),
                Owed = table.Column<bool>(),
            },
            constraints: table => table.PrimaryKey("PK_Tasks", t => t.Row));
        migrationBuilder.CreateTable(
            "TaskBodies",
            table => new
            {
                TaskRow = table.Column<long>(),
                Payload = table.Column<byte[]>(),
                Unknown = table.Column<string>(nullable: true),
            },
            constraints: table =>
            {
                table.PrimaryKey("PK_TaskBodies", b => b.TaskRow);
                table.ForeignKey("FK_TaskBodies_Tasks_TaskRow", b => b.TaskRow, "Tasks", "Row", onDelete: ReferentialAction.Cascade);
            });
        migrationBuilder.CreateTable(
            "Attempts",
            table => new
            {
                TaskRow = table.Column<long>(),
                Series = table.Column<int>(),
                Attempt = table.Column<int>(),
                Epoch = table.Column<long>(),
                WorkerId = table.Column<string>(maxLength: 128),
                StartedAt = table.Column<long>(),
                EndedAt = table.Column<long>(nullable: true),
                Outcome = table.Column<string>(maxLength: 64, nullable: true),
                Error = table.Column<string>(maxLength: 1024, nullable: true),
                DueAt = table.Column<long>(nullable: true),
            },
            constraints: table =>
            {
                table.PrimaryKey("PK_Attempts", a => new { a.TaskRow, a.Series, a.Attempt, a.Epoch });
                table.ForeignKey("FK_Attempts_Tasks_TaskRow", a => a.TaskRow, "Tasks", "Row", onDelete: ReferentialAction.Cascade);
            });
        migrationBuilder.CreateTable(
            "Counters",
            table => new
            {
                Module = table.Column<string>(maxLength: 16),
                Status = table.Column<string>(maxLength: 16),
                Count = table.Column<long>(),
            },
            constraints: table => table.PrimaryKey("PK_Counters", c => new { c.Module, c.Status }));
        migrationBuilder.CreateTable(
            "Instances",
            table => new
            {
                RunId = table.Column<string>(maxLength: 128),
                Name = table.Column<string>(maxLength: 128),
                Host = table.Column<string>(),
                HostIdentity = table.Column<string>(),
                Pid = table.Column<int>(),
                ProcessStart = table.Column<long>(),
                LeaseUntil = table.Column<long>(),
                State = table.Column<string>(maxLength: 16),
                Modules = table.Column<string>(),
                Url = table.Column<string>(nullable: true),
                Version = table.Column<string>(),
                Running = table.Column<int>(),
                Completed = table.Column<long>(),
                Failed = table.Column<long>(),
                StartedAt = table.Column<long>(),
                SeenAt = table.Column<long>(),
            },
            constraints: table => table.PrimaryKey("PK_Instances", i => i.RunId));

        migrationBuilder.CreateIndex("IX_Tasks_Id", "Tasks", "Id", unique: true);
        migrationBuilder.CreateIndex("IX_Tasks_Type_Row", "Tasks", ["Type", "Row"]);
        migrationBuilder.CreateIndex("IX_Tasks_Module_Row", "Tasks", ["Module", "Row"]);
        migrationBuilder.CreateIndex("IX_Tasks_Key_Row", "Tasks", ["Key", "Row"], filter: "\"Key\" IS NOT NULL");
        migrationBuilder.CreateIndex("IX_Tasks_Status_Row", "Tasks", ["Status", "Row"], filter: "\"Status\" <> 'COMPLETED'");
        migrationBuilder.CreateIndex("IX_Tasks_Unpublished", "Tasks", ["Module", "EnqueuedAt", "Row"], filter: "\"AwaitsPublishing\"");
        migrationBuilder.CreateIndex("IX_Tasks_Waiting", "Tasks", ["DueAt", "Module", "Tier", "Status"], filter: "\"Status\" = 'RETRYING'");
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        foreach (var table in (string[])["Instances", "Counters", "Attempts", "TaskBodies", "Tasks"])
        {
            migrationBuilder.DropTable(table);
        }
    }
}
