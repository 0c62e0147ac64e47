using Microsoft.Playwright;

namespace Consumers.Tests.Fixtures;

/// <summary>A real browser: the one that CHROMIUM_PATH names, else the system's. A test that needs it is skipped where there is none.</summary>
internal static class Chromium
{
    private static readonly string? Path = new[] { Environment.GetEnvironmentVariable("CHROMIUM_PATH"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }
        .FirstOrDefault(File.Exists);

    public static Task WithPageAsync(ColorScheme scheme, int width, Func<IPage, Task> look) => WithBrowserAsync(async browser =>
        await look(await browser.NewPageAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 900 } })));

    public static async Task WithBrowserAsync(Func<IBrowser, Task> look)
    {
        Assert.SkipWhen(Path is null, "no Chromium is installed; ./scripts/test.sh installs one");
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Path,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        await look(browser);
    }
}
