using System.Net;
using System.Text.Json;
using Consumers.Core;

namespace Consumers.Host.Verify;

/// <summary>What operators do, done to the fleet on the way: a pause of each module, and a replay that is ordered twice.</summary>
internal sealed class Exercises(VerifyRequest request, FleetUnderTest fleet, ProcessHistory history, Action<string> say)
{
    private static readonly TimeSpan PausedFor = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan ReplayedWithin = TimeSpan.FromSeconds(40);

    public async Task PauseEachAsync(CancellationToken cancellationToken)
    {
        foreach (var module in request.Exercises ? request.Modules : [])
        {
            if (await PostAsync($"/api/{module}/pause", "{}", cancellationToken) is null)
            {
                say($"{module} could not be paused");
                continue;
            }
            history.Write(HistoryEvents.Pause, default, 0, $"op=pause module={module}");
            await Task.Delay(PausedFor, TimeProvider.System, cancellationToken);
            history.Write(HistoryEvents.Pause, default, 0, $"op=resume module={module}");
            var resumed = await Waiting.UntilAsync(async () => await PostAsync($"/api/{module}/resume", "{}", cancellationToken) is not null, TimeSpan.FromSeconds(30), cancellationToken);
            say(resumed ? FormattableString.Invariant($"{module} was paused for {PausedFor.TotalSeconds:0.0} s") : $"{module} COULD NOT BE RESUMED");
        }
    }

    /// <summary>What ran out of retries is replayed; the order is given twice at once, as by a double click.</summary>
    public async Task ReplayAsync(CancellationToken cancellationToken)
    {
        if (!request.Exercises)
        {
            return;
        }
        const string Choice = """
            "kind":"replay","filter":{"reason":"exhausted"}
            """;
        if (await PostAsync("/api/dead-letters/preview", $"{{{Choice.Trim()}}}", cancellationToken) is not { } preview || preview.GetProperty("count").GetInt64() == 0)
        {
            say("nothing was there to be replayed");
            return;
        }
        var (count, cutOff) = (preview.GetProperty("count").GetInt64(), preview.GetProperty("cutOff").GetInt64());
        var id = $"verify-{request.Seed}";
        var order = $"{{\"id\":\"{id}\",{Choice.Trim()},\"cutOff\":{cutOff},\"expectedCount\":{count},\"rate\":200,\"stopAtFailurePercent\":100}}";
        await Task.WhenAll(PostAsync("/api/operations", order, cancellationToken), PostAsync("/api/operations", order, cancellationToken));
        var state = "";
        var done = await Waiting.UntilAsync(
            async () => (state = (await GetAsync($"/api/operations/{id}", cancellationToken))?.GetProperty("state").GetString() ?? state) is "done" or "stopped" or "cancelled",
            ReplayedWithin, cancellationToken);
        say(done && state == "done" ? $"{count} dead letters were replayed, by an order that was given twice" : $"the replay of {count} dead letters IS {state}");
    }

    private Task<JsonElement?> PostAsync(string path, string body, CancellationToken cancellationToken) =>
        AskAsync(http => http.PostAsync(new Uri(path, UriKind.Relative), new StringContent(body, System.Text.Encoding.UTF8, "application/json"), cancellationToken), cancellationToken);

    private Task<JsonElement?> GetAsync(string path, CancellationToken cancellationToken) => AskAsync(http => http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken), cancellationToken);

    /// <summary>Of the first instance that can answer; null when none does.</summary>
    private async Task<JsonElement?> AskAsync(Func<HttpClient, Task<HttpResponseMessage>> ask, CancellationToken cancellationToken)
    {
        foreach (var host in fleet.Alive)
        {
            try
            {
                using var answer = await ask(host.Http);
                if (answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Accepted)
                {
                    return await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
                }
            }
            catch (Exception e) when (e is HttpRequestException or JsonException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // The next one, then.
            }
        }
        return null;
    }
}
