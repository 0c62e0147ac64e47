using System.Net;
using System.Text;
using System.Text.Json;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Host.DeadLetters;

/// <summary>The whole host with a ledger of its own on the real broker, and what tests ask of it about dead letters.</summary>
public sealed class DeadLetterHost : IAsyncLifetime
{
    private Task<HostUnderTest>? _start;

    public RabbitBroker Broker { get; private set; } = null!;

    public HostUnderTest Host { get; private set; } = null!;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Starts it for the first test that asks; a test is skipped where there is no broker.</summary>
    public async Task OpenAsync() => Host = await (_start ??= StartAsync());

    /// <summary>Publishes tasks that fail for good with this reason, and waits until they are in the archive.</summary>
    public async Task<string[]> FailAsync(int count, string reason, string? type = null)
    {
        var before = await CountAsync($"text={Uri.EscapeDataString(reason)}");
        var ids = Enumerable.Range(0, count).Select(_ => $"t-{Guid.NewGuid():N}").ToArray();
        var lines = ids.Select(id => JsonSerializer.Serialize(new { id, type = type ?? "flaky", key = reason, payload = new { mode = "permanent", reason } }));
        (await Host.PostAsync("/api/rabbit/tasks/batch", string.Join('\n', lines), "application/x-ndjson")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await UntilAsync($"text={Uri.EscapeDataString(reason)}", before + count);
        return ids;
    }

    /// <summary>Waits until as many entries of the archive match, in any state.</summary>
    public Task UntilAsync(string query, int count)
    {
        var seen = -1;
        return Eventually.TrueAsync(async () => (seen = await CountAsync(query)) >= count, () => $"{count} dead letters match {query}; there are {seen}", TimeSpan.FromSeconds(60));
    }

    public async Task<int> CountAsync(string query) => (await LettersAsync(query)).Count;

    public async Task<List<JsonElement>> LettersAsync(string query)
    {
        var (all, after) = (new List<JsonElement>(), "");
        do
        {
            var page = await Host.JsonAsync($"/api/dead-letters?{query}&limit=200&after={Uri.EscapeDataString(after)}");
            all.AddRange(page.GetProperty("items").EnumerateArray());
            after = page.GetProperty("next").GetString() ?? "";
        }
        while (after.Length > 0);
        return all;
    }

    public async Task<JsonElement> UntilOverAsync(string operation)
    {
        var last = default(JsonElement);
        await Eventually.TrueAsync(
            async () => (last = await Host.JsonAsync($"/api/operations/{operation}")).GetProperty("state").GetString() is "done" or "stopped" or "cancelled",
            () => $"operation {operation} is over; it is {last}", TimeSpan.FromSeconds(60));
        return last;
    }

    public async Task<IHtmlDocument> PageAsync(string path, HttpStatusCode status = HttpStatusCode.OK)
    {
        var response = await Host.GetAsync(path);
        response.StatusCode.ShouldBe(status, path);
        return Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Sends a page's form as a browser without scripts would: every field as it stands, but for those that are named.</summary>
    public static async Task<HttpResponseMessage> SubmitAsync(HttpClient browser, IHtmlDocument page, string formSelector, params (string Name, string Value)[] filled)
    {
        var form = (IHtmlFormElement)page.QuerySelector(formSelector)!;
        var fields = form.QuerySelectorAll("input, textarea").Where(field => field.HasAttribute("name"))
            .Select(field => KeyValuePair.Create(field.GetAttribute("name")!, field is IHtmlTextAreaElement area ? area.Value : field.GetAttribute("value") ?? ""))
            .Where(field => filled.All(other => other.Name != field.Key))
            .Concat(filled.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        return await browser.PostAsync(new Uri(form.GetAttribute("action")!, UriKind.Relative), new FormUrlEncodedContent(fields), TestContext.Current.CancellationToken);
    }

    public static async Task<IHtmlDocument> PageAsync(HttpClient browser, string path) =>
        Parse(await browser.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken));

    public static IHtmlDocument Parse(string html) => new HtmlParser().ParseDocument(html);

    /// <summary>Of letters only, so that no mask takes it for an id or a number.</summary>
    public static string Word() => string.Concat(Guid.NewGuid().ToString("N").Take(14).Select(c => char.IsAsciiDigit(c) ? (char)(c - '0' + 'g') : c).Prepend('w'));

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public async ValueTask DisposeAsync()
    {
        if (Host is not null)
        {
            await Host.DisposeAsync();
        }
        if (Broker is not null)
        {
            await Broker.DisposeAsync();
        }
    }

    private async Task<HostUnderTest> StartAsync()
    {
        Broker = await RabbitBroker.ConnectAsync();
        var names = Broker.Environmental().Select(setting => (setting.Key.Replace("__", ":", StringComparison.Ordinal), setting.Value));
        var host = await HostUnderTest.StartAsync([.. names, ("Consumers:Scaling:Enabled", "false"), ("Consumers:Breaker:Enabled", "false"), ("Consumers:Retry:Base", "00:00:00.100"), ("Consumers:Retry:Cap", "00:00:00.400")]);
        await Broker.UntilDeclaredAsync();
        return host;
    }
}
