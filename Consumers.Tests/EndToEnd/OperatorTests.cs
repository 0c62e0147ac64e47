using Consumers.Tests.Fixtures;
using Microsoft.Playwright;

namespace Consumers.Tests.EndToEnd;

/// <summary>The way of a person, in a real browser, on a real broker.</summary>
public sealed class OperatorTests
{
    [Fact]
    public async Task Publishes_from_the_page_and_follows_a_task_through_its_attempts()
    {
        await using var fleet = await Fleet.CreateAsync();
        var host = await fleet.StartAsync("consumer-1");
        await Chromium.WithPageAsync(ColorScheme.Light, 1280, async page =>
        {
            var complaints = new List<string>();
            page.Console += (_, message) => complaints.Add(message.Text);
            page.PageError += (_, error) => complaints.Add(error);
            page.SetDefaultTimeout(15_000);

            await page.GotoAsync(new Uri(host.Http.BaseAddress!, "/rabbit").ToString());
            await page.GetByLabel("Type", new() { Exact = true }).FillAsync("flaky");
            await page.GetByLabel("Payload, JSON").FillAsync("""{"failTimes":2}""");
            await page.GetByRole(AriaRole.Button, new() { Name = "Publish" }).ClickAsync();

            await page.GetByRole(AriaRole.Status).GetByText("Accepted 1 task of type flaky").WaitForAsync();
            await Fleet.QuiesceAsync(host, 1);
            await page.GotoAsync(new Uri(host.Http.BaseAddress!, "/tasks?type=flaky").ToString());
            await page.Locator("table a").First.ClickAsync();
            foreach (var text in (string[])["attempt 1", "attempt 2", "attempt 3", "completed"])
            {
                await page.GetByText(text).First.WaitForAsync();
            }
            await page.GotoAsync(host.Http.BaseAddress!.ToString());
            await page.GetByText("All well").WaitForAsync();
            complaints.ShouldBeEmpty();
        });
    }
}
