using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Contract;

/// <summary>
/// What every transport must do, through the whole pipeline and a real ledger. A transport that passes is pluggable: handlers move to it without a change.
/// </summary>
public abstract partial class TransportContract : IAsyncLifetime
{
    private ITransportHarness _harness = null!;

    protected abstract ValueTask<ITransportHarness> CreateHarnessAsync();

    public async ValueTask InitializeAsync() => _harness = await CreateHarnessAsync();

    public async ValueTask DisposeAsync()
    {
        await _harness.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private Task<TestFleet> StartAsync(Action<ConsumersOptions>? configure = null) => TestFleet.StartAsync(_harness.AddTo, options =>
    {
        options.DeadLetters.Archive = _harness.IsArchived;
        configure?.Invoke(options);
    });

    private Task PublishAsync(TestFleet fleet, TaskMessage task, IReadOnlyDictionary<string, string>? headers = null) =>
        _harness.PublishAsync(fleet, TaskMessageCodec.Encode(task), task.Id, headers);

    private async Task<SeenMessage> TheDeadLetterAsync(TestFleet fleet)
    {
        IReadOnlyList<SeenMessage> dead = [];
        await Eventually.TrueAsync(async () => (dead = await _harness.DeadLettersAsync(fleet)).Count > 0, "there is a dead letter");
        return dead.ShouldHaveSingleItem();
    }
}
