using System.Text.Json;
using Consumers.Core;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Contract;

/// <summary>A dead letter that is archived and replayed, all the way.</summary>
public abstract partial class TransportContract
{
    [Fact]
    public async Task A_replay_is_the_producers_message_in_the_next_series()
    {
        const string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        await using var fleet = await StartAsync(options => options.DeadLetters.Archive = true);
        var (operations, archive) = (fleet.Services.GetRequiredService<IDeadLetterOperations>(), fleet.Services.GetRequiredService<IDeadLetterArchive>());
        var token = TestContext.Current.CancellationToken;
        var task = TestFleet.TaskWithRetries(1, "retry", "fail") with { Key = "customer-42" };
        await PublishAsync(fleet, task, new Dictionary<string, string> { ["tenant"] = "acme", ["traceparent"] = trace });
        var choice = new OperationChoice(OperationKind.Replay, new DeadLetterFilter(Module: fleet.Transport.Module), null);
        OperationPreview preview = new(0, 0, 0, 0);
        await Eventually.TrueAsync(async () => (preview = await operations.PreviewAsync(choice, token)).Count == 1, "the dead letter is archived", TimeSpan.FromSeconds(60));

        await operations.StartAsync(new OperationOrder("op", choice, preview.CutOff, 1, "anna", null), token);
        await Eventually.TrueAsync(async () => (await operations.FindAsync("op", token))!.State == OperationState.Done, "the replay is done", TimeSpan.FromSeconds(60));
        DeadLetterRow? again = null;
        await Eventually.TrueAsync(async () => (again = await archive.FindByTaskAsync(fleet.Transport.Module, task.Id, token)) is { Times: 2, State: DeadLetterState.Dead }, "it has come again");

        fleet.Log.Of(task.Id).Select(effect => (effect.Series, effect.Attempt)).ShouldBe([(1, 1), (1, 2), (2, 1), (2, 2)]);
        (await operations.ItemsAsync("op", OperationItemState.FailedAgain, null, 10, token)).ShouldHaveSingleItem().TaskId.ShouldBe(task.Id);
        var details = (await archive.FindAsync(again!.Id, token)).ShouldNotBeNull();
        (again.Series, again.Key).ShouldBe((2, "customer-42"));
        details.Headers.ShouldContain(new KeyValuePair<string, string>("tenant", "acme"));
        details.Headers.ShouldContain(new KeyValuePair<string, string>("traceparent", trace));
        details.Headers.Count(header => header.Key == "x-series").ShouldBe(1);
        var body = JsonSerializer.Deserialize<JsonElement>(details.Body.Span);
        (body.GetProperty("id").GetString(), body.GetProperty("retryCount").GetInt32()).ShouldBe((task.Id, 1), "its retries were counted anew");
    }
}
