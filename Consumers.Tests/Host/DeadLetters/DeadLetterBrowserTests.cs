using Consumers.Tests.Fixtures;
using Microsoft.Playwright;

namespace Consumers.Tests.Host.DeadLetters;

/// <summary>What only a browser can tell: clicking through, double clicks, widths and the content security policy.</summary>
public sealed class DeadLetterBrowserTests(DeadLetterHost shared) : IClassFixture<DeadLetterHost>
{
    private static readonly LocatorWaitForOptions Patiently = new() { Timeout = 60_000 };

    private static string? Screenshots => Environment.GetEnvironmentVariable("SCREENSHOTS") is { Length: > 0 } folder ? folder : null;

    [Fact]
    public async Task From_the_list_over_a_cause_to_an_operation_that_is_done_and_a_double_click_is_one()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        await shared.FailAsync(5, $"{word} is away");
        var before = (await shared.Host.JsonAsync("/api/operations?limit=200")).GetProperty("items").GetArrayLength();
        await Chromium.WithPageAsync(ColorScheme.Light, 1280, async page =>
        {
            var complaints = Complaints(page);
            await page.GotoAsync(Url("/dead-letters"));
            var row = page.Locator("table.causes tbody tr", new() { HasText = word });
            await row.GetByRole(AriaRole.Link, new() { Name = word }).ClickAsync();
            await page.GetByRole(AriaRole.Link, new() { Name = "replay…", Exact = true }).ClickAsync();
            await page.GetByRole(AriaRole.Textbox, new() { NameRegex = new("^Stop when") }).FillAsync("100");

            await page.GetByRole(AriaRole.Button, new() { Name = "Replay 5 dead letters" }).DblClickAsync();

            await page.GetByRole(AriaRole.Heading, new() { Name = "Replay of 5 dead letters" }).WaitForAsync(Patiently);
            // Becomes so by itself: nobody reloads.
            await page.GetByText("Done: 0 succeeded, 5 failed again.").WaitForAsync(Patiently);
            await page.Locator("#trouble").GetByText($"{word} is away").First.WaitForAsync(Patiently);
            complaints.ShouldBeEmpty();
        });
        (await shared.Host.JsonAsync("/api/operations?limit=200")).GetProperty("items").GetArrayLength().ShouldBe(before + 1);
        (await shared.LettersAsync($"text={word}")).ShouldAllBe(letter => letter.GetProperty("times").GetInt32() == 2);
    }

    [Fact]
    public async Task A_tick_stays_while_the_list_refreshes()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        await shared.FailAsync(2, word);
        await Chromium.WithPageAsync(ColorScheme.Light, 1280, async page =>
        {
            await page.GotoAsync(Url($"/dead-letters?text={word}"));
            await page.Locator("input[name=ids]").First.CheckAsync();
            // Focus elsewhere: a box that is ticked is enough to be left alone.
            await page.Locator("h1").ClickAsync();
            await shared.FailAsync(1, word);
            await page.Locator("table.causes tbody tr", new() { HasText = word }).Locator(".num", new() { HasText = "3" }).WaitForAsync(Patiently);

            (await page.Locator("input[name=ids]").First.IsCheckedAsync()).ShouldBeTrue();
            await page.GetByRole(AriaRole.Button, new() { Name = "Discard…" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Discard 1 dead letter" }).WaitForAsync(Patiently);
        });
    }

    [Theory]
    [InlineData(ColorScheme.Light, 360)]
    [InlineData(ColorScheme.Dark, 360)]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    public async Task Pages_fit_and_break_no_policy(ColorScheme scheme, int width)
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        await shared.FailAsync(2, $"{word} {new string('x', 400)} <b>not bold</b>");
        await shared.Broker.PublishAsync((byte[])[.. DeadLetterHost.Utf8($"{{\"type\":\"{word}"), 0xFF, .. new byte[300]], word);
        await shared.UntilAsync("reason=malformed", 1);
        var letter = (await shared.LettersAsync($"text={word}"))[0].GetProperty("id").GetString();
        var raw = (await shared.LettersAsync("reason=malformed"))[0].GetProperty("id").GetString();
        var started = await HostUnderTest.JsonOf(await shared.Host.PostAsync($"/api/dead-letters/{(await shared.LettersAsync($"text={word}"))[1].GetProperty("id").GetString()}/replay", """{"by":"Ada"}"""));
        var operation = started.GetProperty("id").GetString()!;
        await shared.UntilOverAsync(operation);
        (string Name, string Path)[] pages =
        [
            ("list", "/dead-letters"), ("none", "/dead-letters?text=nothing-like-it"), ("one", $"/dead-letters/{letter}"), ("raw", $"/dead-letters/{raw}"), ("edit", $"/dead-letters/{letter}/edit"),
            ("replay", $"/dead-letters/confirm?kind=replay&text={word}"), ("discard", "/dead-letters/confirm?kind=discard"), ("operations", "/operations"), ("operation", $"/operations/{operation}"), ("audit", "/audit"),
        ];
        await Chromium.WithPageAsync(scheme, width, async page =>
        {
            var complaints = Complaints(page);
            foreach (var (name, path) in pages)
            {
                await page.GotoAsync(Url(path));
                await ShootAsync(page, $"{width}-{scheme}-{name}");
                (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(width, path);
            }
            await page.GotoAsync(Url($"/dead-letters/{letter}/edit"));
            await page.Locator("textarea").FillAsync("{\"failTimes\":0}");
            await page.GetByRole(AriaRole.Button, new() { Name = "See what changes" }).ClickAsync();
            await page.Locator("pre.diff .added").First.WaitForAsync(Patiently);
            await ShootAsync(page, $"{width}-{scheme}-diff");
            complaints.ShouldBeEmpty();
        });
    }

    private string Url(string path) => new Uri(shared.Host.Address, path).ToString();

    private static List<string> Complaints(IPage page)
    {
        var complaints = new List<string>();
        page.Console += (_, message) => complaints.Add(message.Text);
        page.PageError += (_, error) => complaints.Add(error);
        return complaints;
    }

    private static Task ShootAsync(IPage page, string name) =>
        Screenshots is { } folder ? page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png"), FullPage = true }) : Task.CompletedTask;
}
