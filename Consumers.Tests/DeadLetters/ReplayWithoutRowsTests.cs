using Consumers.Core;
using Consumers.Fleet;
using Consumers.Scaling;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.DeadLetters;

/// <summary>The scaling module writes no rows: Redis guards it, and has to hear of a raised series before the message arrives.</summary>
public sealed class ReplayWithoutRowsTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private RabbitBroker _broker = null!;
    private RedisServer _redis = null!;
    private TestFleet _fleet = null!;

    private IDeadLetterOperations Operations => _fleet.Services.GetRequiredService<IDeadLetterOperations>();

    public async ValueTask InitializeAsync()
    {
        _broker = await RabbitBroker.ConnectAsync();
        _redis = await RedisServer.StartAsync();
        _fleet = await TestFleet.StartAsync(
            consumers => consumers.AddFleet(options => options.Url = _redis.Url.ToString()).AddScaling(_broker.Configure), folder: _folder);
        await _broker.UntilDeclaredAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_fleet is not null)
        {
            await _fleet.DisposeAsync();
        }
        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }
    }

    [Fact]
    public async Task It_runs_in_the_raised_series_and_what_comes_back_has_failed_again()
    {
        var task = TestFleet.TaskWithRetries(0, "fail");
        await _broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id);

        await StartAsync("op");
        var done = await UntilAsync(operation => operation.State == OperationState.Done, "op");

        (done.FailedAgain, done.Total).ShouldBe((1, 1));
        _fleet.Log.Of(task.Id).Select(effect => effect.Series).ShouldBe([1, 2]);
        (await _redis.GetAsync($"task:{task.Id}:guard")).ShouldNotBeNull().ShouldContain("\"series\":2");
    }

    [Fact]
    public async Task What_completes_has_succeeded_and_while_Redis_is_away_the_rest_waits()
    {
        // Redis has never heard of these.
        new DeadLetterSeed(Module: "scaling") { HasRows = false }.Insert(_folder.File("ledger.db"), 40);
        await StartAsync("op", rate: 20);
        await UntilAsync(operation => operation.Succeeded >= 3, "op");

        await _redis.Kill9Async();
        await UntilAsync(operation => operation.Note?.StartsWith("scaling waits: ", StringComparison.Ordinal) == true, "op");
        var published = _fleet.Log.Effects.Count;
        published.ShouldBeLessThan(40);
        await _redis.StartAgainAsync();

        var done = await UntilAsync(operation => operation is { State: OperationState.Done, Note: null }, "op");
        (done.Succeeded + done.Published).ShouldBe(40);
        _fleet.Log.Effects.Select(effect => effect.Id).Distinct().Count().ShouldBe(40);
        _fleet.Log.Effects.ShouldAllBe(effect => effect.Series == 2);
    }

    private async Task StartAsync(string id, double rate = 200)
    {
        var choice = OperationFleet.Replay(new DeadLetterFilter(Module: "scaling"));
        OperationPreview preview = new(0, 0, 0, 0);
        await Eventually.TrueAsync(async () => (preview = await Operations.PreviewAsync(choice, TestContext.Current.CancellationToken)).Count > 0, "there is a dead letter", TimeSpan.FromSeconds(60));
        await Operations.StartAsync(new OperationOrder(id, choice, preview.CutOff, preview.Count, "anna", null, rate), TestContext.Current.CancellationToken);
    }

    private async Task<Operation> UntilAsync(Func<Operation, bool> condition, string id)
    {
        Operation? seen = null;
        await Eventually.TrueAsync(async () => condition(seen = (await Operations.FindAsync(id, TestContext.Current.CancellationToken))!), () => $"it is {seen}", TimeSpan.FromSeconds(90));
        return seen!;
    }
}
