using Consumers.Tests.Fixtures;
using Microsoft.Playwright;

namespace Consumers.Tests.Host;

/// <summary>What only a browser can tell: widths, the content security policy, and that pages become live.</summary>
public sealed class BrowserTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private const string WidthWith = """
        number => {
          if (number) {
            document.querySelectorAll('td.n, .tile dd:not(.more)').forEach(place => {
              place.innerHTML = number === 'unknown' ? '<span class="unknown">unknown</span>' : number;
            });
          }
          return document.documentElement.scrollWidth;
        }
        """;

    private readonly HostUnderTest _host = shared.Host;

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Pages_fit_320_pixels_and_break_no_policy(ColorScheme scheme)
    {
        var id = $"a-long-id.{Guid.NewGuid():N}{Guid.NewGuid():N}{Guid.NewGuid():N}";
        await _host.PostAsync("/api/rabbit/tasks", $$"""{"id":"{{id}}","type":"flaky","key":"{{new string('k', 200)}}","payload":{"mode":"permanent","reason":"{{new string('x', 500)}}" } }""");
        await _host.WaitForAsync(id, "FAILED");
        var counted = Guid.NewGuid().ToString("N");
        await _host.PostAsync("/api/scaling/tasks", $$$"""{"id":"{{{counted}}}","type":"sleep","payload":{"complexityMs":1}}""");
        await _host.WaitForAsync(counted, "COMPLETED");
        await Chromium.WithPageAsync(scheme, 320, async page =>
        {
            var complaints = new List<string>();
            page.Console += (_, message) => complaints.Add(message.Text);
            page.PageError += (_, error) => complaints.Add(error);
            foreach (var path in new[] { "/", "/rabbit", "/scaling", "/instances", "/pausing/rabbit?type=email", "/tasks", $"/tasks/{id}" })
            {
                await page.GotoAsync(new Uri(_host.Address, path).ToString());

                // As it is, as it is while a dependency is away, and as a busy fleet counts.
                foreach (var number in new[] { null, "unknown", "1,234,567" })
                {
                    var width = await page.EvaluateAsync<int>(WidthWith, number);

                    width.ShouldBeLessThanOrEqualTo(320, $"{path} with {number ?? "its own numbers"}");
                }
                if (Environment.GetEnvironmentVariable("SCREENSHOTS") is { Length: > 0 } folder)
                {
                    await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"320-{scheme}{path.Replace('/', '-')[..Math.Min(path.Length, 8)]}.png"), FullPage = true });
                }
            }
            complaints.ShouldBeEmpty();
        });
    }

    [Fact]
    public async Task A_page_shows_what_happens_without_being_asked_again() => await Chromium.WithPageAsync(ColorScheme.Light, 320, async page =>
    {
        await page.GotoAsync(new Uri(_host.Address, "/tasks").ToString());
        var id = $"live-{Guid.NewGuid():N}";
        await _host.PostAsync("/api/rabbit/tasks", $$$"""{"id":"{{{id}}}","type":"sleep","payload":{"complexityMs":1}}""");

        await page.GetByRole(AriaRole.Link, new() { Name = id }).WaitForAsync(new() { Timeout = 15_000 });
    });
}
