using Consumers.Core;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.DeadLetters;

/// <summary>Instances as processes of their own on the real broker, and an operator who has nothing but the ledger: he starts operations, and runs none.</summary>
internal sealed class ReplayFleet : IAsyncDisposable
{
    private readonly EndToEnd.Fleet _fleet;
    private TestFleet? _operator;

    private ReplayFleet(EndToEnd.Fleet fleet) => _fleet = fleet;

    public RabbitBroker Broker => _fleet.Broker;

    public string Ledger => _fleet.Folder.File("ledger.db");

    public IDeadLetterOperations Operations => _operator!.Services.GetRequiredService<IDeadLetterOperations>();

    private string HistoryFolder => Path.Combine(_fleet.Folder.Path, "history");

    /// <summary>What the handler <c>probe</c> did, in all processes.</summary>
    public IReadOnlyList<HistoryLine> Effects => !Directory.Exists(HistoryFolder) ? [] :
        [.. Directory.EnumerateFiles(HistoryFolder, "*.effects.history").SelectMany(EffectFile.Read)];

    public static async Task<ReplayFleet> CreateAsync() => new(await EndToEnd.Fleet.CreateAsync());

    public Task<HostProcess> StartAsync(string name, params KeyValuePair<string, string>[] more) => _fleet.StartAsync(
        name,
        [
            new("Consumers__History__Folder", HistoryFolder),
            // The dead letters of these tests are in the ledger before they begin.
            new("Consumers__DeadLetters__Archive", "false"),
            .. more,
        ]);

    /// <summary>Opens the ledger for the operator, and fills it.</summary>
    public async Task SeedAsync(int count)
    {
        _operator = await TestFleet.StartAsync(_ => { }, options => options.DeadLetters.Archive = false, _fleet.Folder, "operator");
        new DeadLetterSeed(Type: "probe", Payload: """{"delayMs":5}""").Insert(Ledger, count);
    }

    public async Task<Operation> UntilAsync(Func<Operation, bool> condition, string expected, string id)
    {
        Operation? seen = null;
        await Eventually.TrueAsync(
            async () => (seen = await Operations.FindAsync(id, TestContext.Current.CancellationToken)) is not null && condition(seen), () => $"{expected}; it is {seen}", TimeSpan.FromSeconds(120));
        return seen!;
    }

    /// <summary>
    /// One execution for each: one settled attempt in series 2, and one effect. Only what a process was in the middle of when it was killed has another, and stands in the ledger as
    /// begun and never finished.
    /// </summary>
    public void ShouldHaveRunOnce(int count)
    {
        var effects = Effects.Where(effect => effect.Id.StartsWith("task-", StringComparison.Ordinal)).ToList();
        effects.Select(effect => (effect.Series, effect.Attempt)).Distinct().ShouldBe([(2, 1)]);
        effects.Select(effect => effect.Id).Distinct().Count().ShouldBe(count);
        var died = int.Parse(Read("""SELECT COUNT(*) FROM "Attempts" WHERE "Outcome" = 'process died'""")!, System.Globalization.CultureInfo.InvariantCulture);
        (effects.Count - count).ShouldBeInRange(0, died, $"{effects.Count} effects of {count} tasks, {died} attempts were cut short");
        Read("""SELECT COUNT(*) FROM "Tasks" WHERE "Id" LIKE 'task-%' AND "Status" = 'COMPLETED' AND "Series" = 2""").ShouldBe($"{count}");
        Read("""SELECT COUNT(*) || ' ' || COUNT(DISTINCT "TaskRow") FROM "Attempts" AS a JOIN "Tasks" AS t ON t."Row" = a."TaskRow" WHERE "Outcome" = 'success' AND t."Id" LIKE 'task-%'""")
            .ShouldBe($"{count} {count}");
        Read("""SELECT COUNT(*) FROM "DeadLetters" WHERE "State" = 'replayed'""").ShouldBe($"{count}");
        LedgerText.ShouldHaveRightCounts(Ledger);
    }

    public string? Read(string sql) => LedgerText.Read(Ledger, sql);

    public async ValueTask DisposeAsync()
    {
        if (_operator is not null)
        {
            await _operator.StopAsync();
        }
        await _fleet.DisposeAsync();
        if (_operator is not null)
        {
            await _operator.DisposeAsync();
        }
    }
}
