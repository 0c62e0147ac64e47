using System.Net;
using System.Text.Json;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Host.Dashboard;

/// <summary>The stream of a whole host, over a socket.</summary>
public sealed class LiveStreamTests
{
    private static readonly Uri Events = new("/events", UriKind.Relative);

    [Fact]
    public async Task Under_load_there_are_two_snapshots_a_second_at_most_and_they_say_what_the_page_says()
    {
        await using var host = await HostUnderTest.StartAsync();
        using var stream = await EventStream.OpenAsync(host);
        stream.MediaType.ShouldBe("text/event-stream");
        var lines = string.Join('\n', Enumerable.Range(0, 2000).Select(_ => """{"type":"sleep","payload":{"complexityMs":20}}"""));
        var publishing = host.PostAsync("/api/rabbit/tasks/batch", lines, "application/x-ndjson");

        var (snapshots, seconds, last) = (0, 0.0, default(JsonElement));
        DateTimeOffset? first = null;
        await foreach (var (name, data, _) in stream.ReadAsync())
        {
            if (name == "snapshot")
            {
                (snapshots, last) = (snapshots + 1, data);
                seconds = (data.GetProperty("at").GetDateTimeOffset() - (first ??= data.GetProperty("at").GetDateTimeOffset())).TotalSeconds;
            }
            if (seconds >= 3)
            {
                break;
            }
        }

        (await publishing).EnsureSuccessStatusCode();
        snapshots.ShouldBeInRange(2, (int)(seconds * 2) + 2);
        last.GetProperty("figures").GetProperty("count-completed").GetString().ShouldNotBe("0");
        last.GetProperty("sentence").GetString()!.ShouldStartWith("All well.");
    }

    [Fact]
    public async Task A_pause_is_told_at_once_and_again_to_who_missed_it()
    {
        await using var host = await HostUnderTest.StartAsync();
        string id;
        using (var stream = await EventStream.OpenAsync(host))
        {
            id = (await stream.UntilAsync("snapshot", _ => true)).Id;
        }
        await host.PostAsync("/api/rabbit/pause", """{"by":"anna"}""");
        await Eventually.TrueAsync(async () => (await host.Http.GetStringAsync(new Uri("/", UriKind.Relative))).Contains("class=\"happened\"", StringComparison.Ordinal), "it is among what happened lately");

        using var again = await EventStream.OpenAsync(host, id);
        var notice = await again.UntilAsync("notice", _ => true);

        notice.Data.GetProperty("text").GetString()!.ShouldStartWith("Rabbit has been paused by anna");
        notice.Data.GetProperty("href").GetString()!.ShouldBe("/rabbit");
        (await again.UntilAsync("snapshot", _ => true)).Data.GetProperty("key").GetString().ShouldBe("pause:rabbit");
        await host.PostAsync("/api/rabbit/resume", "{}");
        (await again.UntilAsync("notice", _ => true)).Data.GetProperty("text").GetString()!.ShouldStartWith("Over: Rabbit has been paused");
    }

    [Fact]
    public async Task More_streams_than_there_may_be_are_refused_with_the_reason()
    {
        await using var host = await HostUnderTest.StartAsync(("Consumers:Dashboard:MaxStreams", "1"));
        using var first = await EventStream.OpenAsync(host);

        var refused = await host.GetAsync("/events");

        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBe(10);
        (await HostUnderTest.JsonOf(refused)).GetProperty("detail").GetString()!.ShouldContain("Consumers:Dashboard:MaxStreams");
    }

    [Fact]
    public async Task An_open_stream_does_not_hold_up_the_stop()
    {
        var host = await HostUnderTest.StartAsync();
        using var stream = await EventStream.OpenAsync(host);
        await stream.UntilAsync("snapshot", _ => true);

        // The drain may take 30 s; without work and with streams that end it takes none of them.
        await host.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

        await foreach (var _ in stream.ReadAsync())
        {
        }
    }

    [Fact]
    public async Task With_a_key_the_stream_is_closed_to_who_has_none()
    {
        await using var host = await HostUnderTest.StartAsync(("CONSUMERS_API_KEY", "a-key-of-the-test"));

        (await host.GetAsync("/events")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await host.GetAsync("/api/fleet/figures")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_figures_of_a_host_are_there_after_a_restart()
    {
        var range = new Uri("/api/fleet/figures?range=24h", UriKind.Relative);
        using var folder = new TempFolder();
        var ledger = ("Consumers:Ledger:Path", folder.File("shared.db"));
        await using (var host = await HostUnderTest.StartAsync(ledger))
        {
            await host.PostAsync("/api/rabbit/tasks", """{"id":"t","type":"sleep","payload":{"complexityMs":1}}""");
            await host.WaitForAsync("t", "COMPLETED");
        }
        await using var other = await HostUnderTest.StartAsync(ledger);

        // The step that is still open is left out of the charts, and counts for the objective.
        var store = (Consumers.Core.IFigureStore)other.Services.GetService(typeof(Consumers.Core.IFigureStore))!;
        (await store.ReadAsync(TimeSpan.FromMinutes(5), DateTimeOffset.UnixEpoch, CancellationToken.None)).Sum(row => row.Completed).ShouldBe(1);
        var answer = await HostUnderTest.JsonOf(await other.GetAsync(range.ToString()));
        answer.GetProperty("completedPerSecond").GetArrayLength().ShouldBe(288);
        (await other.GetAsync("/api/fleet/figures?range=7d")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private sealed class EventStream(HttpResponseMessage response, StreamReader reader) : IDisposable
    {
        public string MediaType => response.Content.Headers.ContentType!.MediaType!;

        public static async Task<EventStream> OpenAsync(HostUnderTest host, string? last = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Events);
            if (last is not null)
            {
                request.Headers.Add("Last-Event-ID", last);
            }
            var response = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            return new(response, new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken)));
        }

        public async IAsyncEnumerable<(string Name, JsonElement Data, string Id)> ReadAsync()
        {
            var (id, name) = ("", "");
            while (await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30)) is { } line)
            {
                if (line.StartsWith("id: ", StringComparison.Ordinal))
                {
                    id = line[4..];
                }
                else if (line.StartsWith("event: ", StringComparison.Ordinal))
                {
                    name = line[7..];
                }
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    yield return (name, JsonDocument.Parse(line[6..]).RootElement, id);
                }
            }
        }

        public async Task<(JsonElement Data, string Id)> UntilAsync(string name, Func<JsonElement, bool> is_)
        {
            await foreach (var (what, data, id) in ReadAsync())
            {
                if (what == name && is_(data))
                {
                    return (data, id);
                }
            }
            throw new InvalidOperationException($"the stream ended before there was a {name}");
        }

        public void Dispose()
        {
            reader.Dispose();
            response.Dispose();
        }
    }
}
