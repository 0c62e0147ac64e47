using Consumers.Core;
using Consumers.Core.InMemory;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.DeadLetters;

/// <summary>One instance that consumes from memory, with a ledger that holds dead letters.</summary>
internal sealed class OperationFleet : IAsyncDisposable
{
    private readonly TempFolder _folder;

    private OperationFleet(TestFleet fleet, TempFolder folder) => (Fleet, _folder) = (fleet, folder);

    public TestFleet Fleet { get; }

    public string Ledger => _folder.File("ledger.db");

    public InMemoryBroker Broker => ((InMemoryTransport)Fleet.Transport).Broker;

    public IDeadLetterOperations Operations => Fleet.Services.GetRequiredService<IDeadLetterOperations>();

    public static async Task<OperationFleet> StartAsync(Action<TaskConsumersBuilder>? addTransport = null, Action<ConsumersOptions>? configure = null)
    {
        var folder = new TempFolder();
        return new OperationFleet(await TestFleet.StartAsync(addTransport ?? (consumers => consumers.AddInMemory()), configure, folder), folder);
    }

    public async Task<Operation> StartAsync(OperationChoice choice, string id = "op", double rate = 10_000, int canary = 0, int stopAt = 100)
    {
        var preview = await Operations.PreviewAsync(choice, Token);
        return await Operations.StartAsync(new OperationOrder(id, choice, preview.CutOff, preview.Count, "anna", null, rate, canary, stopAt), Token);
    }

    public static OperationChoice Replay(DeadLetterFilter? filter = null) => new(OperationKind.Replay, filter ?? new(), null);

    public async Task<Operation> UntilAsync(Func<Operation, bool> condition, string expected, string id = "op")
    {
        Operation? seen = null;
        await Eventually.TrueAsync(
            async () => (seen = await Operations.FindAsync(id, Token)) is not null && condition(seen),
            () => $"{expected}; it is {seen}",
            TimeSpan.FromSeconds(60));
        return seen!;
    }

    public Task<Operation> UntilAsync(OperationState state, string id = "op") => UntilAsync(operation => operation.State == state, $"{id} is {state}", id);

    public Task<IReadOnlyList<OperationItem>> ItemsAsync(OperationItemState? state = null, string id = "op") => Operations.ItemsAsync(id, state, null, 200, Token).AsTask();

    public string? Read(string sql) => LedgerText.Read(Ledger, sql);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => Fleet.DisposeAsync();
}
