using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Consumers.Ledger;

/// <summary>The fleet's figures over time.</summary>
[DbContext(typeof(LedgerContext))]
[Migration("20261121000005_Figures")]
internal sealed class FiguresMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.CreateTable(
        "Figures",
        table => new
        {
            StepSeconds = table.Column<long>(),
            Start = table.Column<long>(),
            Source = table.Column<string>(maxLength: 128),
            Completed = table.Column<long>(),
            Failed = table.Column<long>(),
            Retried = table.Column<long>(),
            Running = table.Column<int>(),
            Backlog = table.Column<long>(nullable: true),
            Handling = table.Column<string>(),
            Age = table.Column<string>(),
        },
        constraints: table => table.PrimaryKey("PK_Figures", f => new { f.StepSeconds, f.Start, f.Source }));

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.DropTable("Figures");
}
