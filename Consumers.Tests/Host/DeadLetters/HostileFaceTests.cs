using System.Net;
using System.Text;
using System.Text.Json;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using Consumers.Host.Texts;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Host.DeadLetters;

/// <summary>
/// Whoever can publish to the broker chooses every text of a dead letter. Each hostile text is put into every field at once, and then every face that shows one is looked at:
/// pages, both exports, the API, the terminal.
/// </summary>
[Trait("Set", "quick")]
public sealed class HostileFaceTests(DeadLetterHost shared) : IClassFixture<DeadLetterHost>
{
    private static readonly Dictionary<string, string> Texts = new()
    {
        ["markup"] = "</title></code></pre><script>alert(1)</script><img src=x onerror=alert(2)>\" autofocus onfocus=alert(1) style=\"background:url(//evil)\" x='",
        ["address"] = "javascript:alert(1)//https://evil.example/ @(1+1) {{7*7}} ${7*7} <%= 7*7 %> [bold]x[/] '; DROP TABLE \"DeadLetters\";-- %_\\",
        ["terminal"] = "\u001b[2J\u001b[31m\u001b]0;owned\u0007\u009b5m\b\b\brm -rf\r\nSet-Cookie: evil=1\r\n\r\nsecond\vthird\ffourth\u2028fifth\u2029",
        ["formula"] = "=cmd|' /C calc'!A0;=1+1;@SUM(A1);-2",
        ["direction"] = "invoice\u202Egpj.exe\u2066a\u2069\u200Fb\u061Cc pay\u200Bpal\uFEFF.\u2060com\u2063",
        ["long"] = new('A', 3000),
    };

    private static readonly string[] FieldHeaders = ["x-last-error", "x-dead-reason", "x-consumer-id", "x-origin", "x-first-failure-at", "x-attempt", "x-series", "traceparent", "tracestate", "x-anything"];

    public static TheoryData<string> Names => [.. Texts.Keys];

    private HostUnderTest Host => shared.Host;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_hostile_text_is_shown_as_text_on_every_face(string name)
    {
        await shared.OpenAsync();
        var text = Texts[name];
        var known = $"h-{name}-{Guid.NewGuid():N}";
        var headers = FieldHeaders.ToDictionary(header => header, _ => text);
        headers[$"x-{known}"] = text;
        var bodies = new Dictionary<string, byte[]>
        {
            ["a task"] = JsonSerializer.SerializeToUtf8Bytes(new { id = known, type = "email", key = text, payload = new Dictionary<string, object> { [text] = text, ["lone"] = new[] { text } } }),
            ["no task"] = DeadLetterHost.Utf8($"{known} {text}"),
            ["no text"] = [.. DeadLetterHost.Utf8(known), 0xFF, 0xFE, 0x00, .. DeadLetterHost.Utf8(text)],
        };
        foreach (var body in bodies.Values)
        {
            await shared.Broker.PublishAsync(body, text.Length < 200 ? text : null, headers, shared.Broker.DeadLetterQueue);
        }
        var ids = await ArchivedAsync(known, bodies.Count);
        var operations = new List<string>();
        // More than that no address of this kind takes.
        var said = text[..Math.Min(text.Length, 1000)];
        foreach (var id in ids)
        {
            var replayed = await Host.PostAsync($"/api/dead-letters/{id}/discard", JsonSerializer.Serialize(new { by = said, why = said }));
            replayed.StatusCode.ShouldBe(HttpStatusCode.Accepted);
            operations.Add((await HostUnderTest.JsonOf(replayed)).GetProperty("id").GetString()!);
        }

        foreach (var path in PagePaths(text, ids, operations))
        {
            await CheckPageAsync(path);
        }
        await CheckExportsAsync(bodies, ids);
        await CheckApiAsync(ids, operations);
        await CheckTerminalAsync(text, ids, operations);
    }

    /// <summary>Fifty ways to be run by a browser, each in every field, each on every page of its dead letter.</summary>
    [Fact]
    public async Task Markup_of_fifty_kinds_is_text_in_every_field()
    {
        await shared.OpenAsync();
        var known = $"h-fifty-{Guid.NewGuid():N}";
        for (var i = 0; i < HostileMarkup.All.Count; i++)
        {
            var text = HostileMarkup.All[i];
            var headers = FieldHeaders.ToDictionary(header => header, _ => text);
            var body = JsonSerializer.SerializeToUtf8Bytes(new { id = $"{known}-{i}", type = "email", key = text, payload = new Dictionary<string, object> { [text] = text } });
            await shared.Broker.PublishAsync(body, text, headers, shared.Broker.DeadLetterQueue);
        }
        await shared.UntilAsync($"text={known}", HostileMarkup.All.Count);

        var letters = await shared.LettersAsync($"text={known}");
        letters.Count.ShouldBe(50);
        foreach (var path in letters.Select(letter => letter.GetProperty("id").GetString()!).SelectMany(id => new[] { $"/dead-letters/{id}", $"/dead-letters/{id}/edit", $"/dead-letters/confirm?kind=replay&ids={id}" })
            .Concat(HostileMarkup.All.Select(text => Uri.EscapeDataString(text.Replace("\0", "", StringComparison.Ordinal))).SelectMany(raw => new[] { $"/dead-letters?text={raw}&type={raw}&cause={raw}", $"/tasks?status={raw}&type={raw}&module={raw}", $"/tasks/{raw}", $"/operations/{raw}", $"/login?returnUrl={raw}" }))
            .Append($"/dead-letters?state=any&text={known}"))
        {
            await CheckPageAsync(path);
        }
    }

    [Fact]
    public async Task A_mebibyte_on_one_line_and_half_a_pair_are_shown()
    {
        await shared.OpenAsync();
        var known = $"h-large-{Guid.NewGuid():N}";
        byte[][] bodies =
        [
            DeadLetterHost.Utf8(known + new string('z', 1024 * 1024)),
            DeadLetterHost.Utf8($$"""{"id":"{{known}}","type":"email","payload":"{{new string('z', 1024 * 1024 - 500)}}"}"""),
            DeadLetterHost.Utf8($$$"""{"id":"{{{known}}}-2","type":"email","payload":{"\ud800":"\udfff"}}"""),
            [],
        ];
        foreach (var body in bodies)
        {
            await shared.Broker.PublishAsync(body, null, new Dictionary<string, string> { ["x-last-error"] = known }, shared.Broker.DeadLetterQueue);
        }
        await shared.UntilAsync($"text={known}", bodies.Length);

        foreach (var letter in await shared.LettersAsync($"text={known}"))
        {
            var id = letter.GetProperty("id").GetString()!;
            await CheckPageAsync($"/dead-letters/{id}");
            await CheckPageAsync($"/dead-letters/{id}/edit");
            (await Host.GetAsync($"/api/dead-letters/{id}")).StatusCode.ShouldBe(HttpStatusCode.OK);
            var bytes = await (await Host.GetAsync($"/api/dead-letters/{id}/body")).Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
            bodies.Any(body => body.AsSpan().SequenceEqual(bytes)).ShouldBeTrue("the bytes are those that were published");
            var page = await (await Host.GetAsync($"/dead-letters/{id}")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            page.Length.ShouldBeLessThan(200_000);
            var (_, output, _) = await CommandLineTests.RunAsync(["dlq", "show", id, "--url", Host.Address.ToString()]);
            output.Length.ShouldBeLessThan(400_000);
        }
    }

    /// <summary>Every page that shows something of a dead letter, an operation or the audit, and every parameter that comes back in one.</summary>
    private static IEnumerable<string> PagePaths(string text, IEnumerable<string> ids, IEnumerable<string> operations)
    {
        var raw = Uri.EscapeDataString(text[..Math.Min(text.Length, 300)]);
        return
        [
            "/dead-letters?state=any", "/operations", "/audit", "/",
            $"/dead-letters?state={raw}&module={raw}&type={raw}&reason={raw}&cause={raw}&since={raw}&from={raw}&to={raw}&text={raw}&after={raw}",
            $"/dead-letters/confirm?kind=replay&type={raw}&cause={raw}&text={raw}&module={raw}", $"/dead-letters/confirm?kind=discard&ids={raw}",
            $"/dead-letters/{raw}", $"/operations/{raw}", $"/operations?after={raw}", $"/audit?action={raw}",
            .. ids.SelectMany(id => new[] { $"/dead-letters/{id}", $"/dead-letters/{id}/edit", $"/dead-letters/confirm?kind=replay&ids={id}" }),
            .. operations.Select(id => $"/operations/{id}"),
        ];
    }

    private async Task CheckPageAsync(string path)
    {
        var response = await Host.GetAsync(path);
        ((int)response.StatusCode).ShouldBeLessThan(500, path);
        response.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("script-src 'self'");
        var page = DeadLetterHost.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        page.QuerySelectorAll("script").ShouldAllBe(script => script.GetAttribute("src")!.StartsWith("/assets/", StringComparison.Ordinal) && script.TextContent == "", path);
        page.QuerySelectorAll("img").ShouldAllBe(image => image.GetAttribute("src")!.StartsWith("/assets/", StringComparison.Ordinal), path);
        page.QuerySelectorAll("a, form").ShouldAllBe(link => IsOurs(link.GetAttribute("href") ?? link.GetAttribute("action")), path);
        page.All.SelectMany(element => element.Attributes).ShouldNotContain(attribute => attribute.Name.StartsWith("on", StringComparison.OrdinalIgnoreCase) || attribute.Name == "style", path);
        // A field gives back what was typed; whatever else is to be read has nothing in it that cannot be seen.
        page.Body!.TextContent.Where(c => VisibleText.IsUnfit(c) && c is not ('\n' or '\r' or '\t')).ShouldBeEmpty($"{path}: {Excerpt(page)}");
        page.All.SelectMany(element => element.Attributes).Where(attribute => attribute.Name is "title" or "aria-label" or "placeholder")
            .ShouldAllBe(attribute => !attribute.Value.Any(VisibleText.IsUnfit), path);
    }

    /// <summary>Links lead to this host, or to the instance's own address.</summary>
    private bool IsOurs(string? address) => address is null || address.StartsWith('/') || address.StartsWith('#') || address.StartsWith(Host.Address.ToString().TrimEnd('/'), StringComparison.Ordinal);

    private static string Excerpt(IHtmlDocument page)
    {
        var text = page.Body!.TextContent;
        var at = text.AsSpan().IndexOfAnyExcept(Enumerable.Range(0, char.MaxValue).Select(i => (char)i).Where(c => !VisibleText.IsUnfit(c) || c is '\n' or '\r' or '\t').ToArray());
        return at < 0 ? "" : text.Substring(Math.Max(0, at - 60), Math.Min(120, text.Length - Math.Max(0, at - 60)));
    }

    private async Task CheckExportsAsync(Dictionary<string, byte[]> bodies, IReadOnlyList<string> ids)
    {
        var csv = await TextAsync("/api/dead-letters/export?format=csv");
        csv.Replace("\r\n", "", StringComparison.Ordinal).Any(VisibleText.IsUnfit).ShouldBeFalse("a csv has one record a line and nothing that cannot be seen");
        CsvCells(csv).SelectMany(cell => cell.Split(';').Append(cell)).ShouldAllBe(part => !IsFormula(part));
        var lines = (await TextAsync("/api/dead-letters/export?bodies=true")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.ShouldAllBe(line => line.All(c => c >= ' ' && c < '\u007f'), "NDJSON may be printed as it is");
        var exported = lines.Select(line => JsonElement.Parse(line)).Where(line => ids.Contains(line.GetProperty("id").GetString())).Select(line =>
            line.TryGetProperty("bodyBase64", out var bytes) ? bytes.GetBytesFromBase64() : Encoding.UTF8.GetBytes(line.GetProperty("body").GetString()!)).ToArray();
        exported.Length.ShouldBe(bodies.Count);
        bodies.Values.All(body => exported.Any(other => other.AsSpan().SequenceEqual(body))).ShouldBeTrue("bodies are exported byte for byte");
    }

    private async Task CheckApiAsync(IReadOnlyList<string> ids, IReadOnlyList<string> operations)
    {
        string[] paths =
        [
            "/api/dead-letters?limit=200", "/api/dead-letters/causes?limit=200", "/api/operations", "/api/audit",
            .. ids.Select(id => $"/api/dead-letters/{id}"), .. operations.SelectMany(id => new[] { $"/api/operations/{id}", $"/api/operations/{id}/items" }),
        ];
        foreach (var path in paths)
        {
            var json = await TextAsync(path);
            json.All(c => c >= ' ' && c < '\u007f').ShouldBeTrue(path);
            JsonElement.Parse(json).ValueKind.ShouldBe(JsonValueKind.Object);
        }
    }

    private async Task CheckTerminalAsync(string text, IReadOnlyList<string> ids, IReadOnlyList<string> operations)
    {
        string[][] verbs =
        [
            ["dlq", "groups", "--limit", "100"], ["dlq", "list", "--where", "state:discarded", "--limit", "500"], ["dlq", "list", "--where", "typo:" + text], ["operations", "list"], ["dlq", "show", text], ["operations", "show", text],
            .. ids.Select(id => new[] { "dlq", "show", id }), .. operations.Select(id => new[] { "operations", "show", id }),
            ["dlq", "list", "--where", "state:discarded", "--json"], ["dlq", "groups", "--json"],
        ];
        foreach (var verb in verbs)
        {
            var (_, output, error) = await CommandLineTests.RunAsync([.. verb, "--url", Host.Address.ToString()]);

            (output + error).Where(c => VisibleText.IsUnfit(c) && c != '\n').ShouldBeEmpty(string.Join(' ', verb));
            error.ShouldNotContain("unexpected", customMessage: string.Join(' ', verb));
        }
    }

    private async Task<string[]> ArchivedAsync(string known, int count)
    {
        var ids = new HashSet<string>();
        await Eventually.TrueAsync(async () =>
        {
            foreach (var letter in await shared.LettersAsync("state=dead"))
            {
                var id = letter.GetProperty("id").GetString()!;
                var bytes = await (await Host.GetAsync($"/api/dead-letters/{id}/body")).Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
                if (bytes.AsSpan().IndexOf(DeadLetterHost.Utf8(known)) >= 0)
                {
                    ids.Add(id);
                }
            }
            return ids.Count == count;
        }, () => $"{count} of {known} are in the archive; there are {ids.Count}", TimeSpan.FromSeconds(60));
        return [.. ids];
    }

    private async Task<string> TextAsync(string path)
    {
        var response = await Host.GetAsync(path);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static bool IsFormula(string cell) => cell.TrimStart(' ', '"') is [var first, ..] && "=+-@＝＋－＠".Contains(first);

    /// <summary>As a spreadsheet reads it.</summary>
    private static IEnumerable<string> CsvCells(string csv)
    {
        for (var i = 0; i < csv.Length;)
        {
            csv[i].ShouldBe('"');
            var cell = new StringBuilder();
            for (i++; ; i++)
            {
                if (csv[i] != '"')
                {
                    cell.Append(csv[i]);
                }
                else if (csv[i + 1] == '"')
                {
                    cell.Append(csv[++i]);
                }
                else
                {
                    break;
                }
            }
            i += csv[i + 1] == ',' ? 2 : 3;
            yield return cell.ToString();
        }
    }
}
