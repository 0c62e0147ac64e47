using System.Net;
using AngleSharp.Html.Parser;
using Consumers.Host.Cli;
using Consumers.Host.Hosting;

namespace Consumers.Tests.Host;

[Trait("Set", "quick")]
public sealed class KeyTests
{
    private const string Key = "a-key-that-nobody-guesses";

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://192.0.2.7:0")]
    [InlineData("http://127.0.0.1:0;http://example.com:0")]
    public void Beyond_this_machine_the_host_refuses_to_start_without_a_key(string urls)
    {
        var refused = Should.Throw<CliException>(() => ConsumersHost.Create(new RunSettings { Urls = urls, Settings = new Dictionary<string, string?> { ["CONSUMERS_API_KEY"] = "" } }));

        refused.ExitCode.ShouldBe(2);
        refused.Message.ShouldContain("CONSUMERS_API_KEY is not set");
    }

    [Theory]
    [InlineData("http_ports", "8080")]
    [InlineData("https_ports", "8443")]
    [InlineData("Kestrel:Endpoints:Web:Url", "http://*:8080")]
    [InlineData("urls", "http://+:8080")]
    public void Wherever_the_address_comes_from(string name, string value) =>
        Should.Throw<CliException>(() => ConsumersHost.Create(new RunSettings { Settings = new Dictionary<string, string?> { [name] = value, ["CONSUMERS_API_KEY"] = "" } })).ExitCode.ShouldBe(2);

    [Fact]
    public async Task With_a_key_the_api_asks_for_it_and_only_health_is_open()
    {
        await using var host = await HostUnderTest.StartAsync(("CONSUMERS_API_KEY", Key));
        (await host.GetAsync("/health/live")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await host.GetAsync("/health/ready")).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var path in new[] { "/api/fleet", "/api/rabbit/tasks", "/api/rabbit/stats", "/api/no-such", "/openapi/v1.json" })
        {
            (await host.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized, path);
            (await SendAsync(host, path, "a-key-that-nobody-guesseS")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized, path);
        }
        (await host.PostAsync("/api/rabbit/tasks", """{"type":"sleep"}""")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await host.GetAsync($"/api/fleet?X-Api-Key={Key}")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await SendAsync(host, "/api/fleet", Key)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task People_sign_in_once_and_out_again()
    {
        await using var host = await HostUnderTest.StartAsync(("CONSUMERS_API_KEY", Key));
        using var browser = host.Client(cookies: true);
        var redirect = await browser.GetAsync(new Uri("/tasks?type=a", UriKind.Relative), TestContext.Current.CancellationToken);
        redirect.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        redirect.Headers.Location!.ToString().ShouldBe("/login?returnUrl=%2Ftasks%3Ftype%3Da");

        (await SignInAsync(browser, "wrong")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var signedIn = await SignInAsync(browser, Key);
        signedIn.Headers.Location!.ToString().ShouldBe("/tasks?type=a");
        var cookie = signedIn.Headers.GetValues("Set-Cookie").Single(value => value.StartsWith("consumers-session", StringComparison.Ordinal));
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=strict");
        cookie.ShouldNotContain(Key);

        var page = await browser.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        // Who may see the pages may read the same as JSON; to change anything the API asks for the header still.
        (await browser.GetAsync(new Uri("/api/fleet", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var task = new StringContent("""{"type":"sleep"}""", System.Text.Encoding.UTF8, "application/json");
        (await browser.PostAsync(new Uri("/api/rabbit/tasks", UriKind.Relative), task, TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var signOut = await PostAsync(browser, "/sign-out", TokenOf(page));
        signOut.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        using var replay = new HttpRequestMessage(HttpMethod.Get, "/");
        replay.Headers.Add("Cookie", cookie.Split(';')[0]);
        (await host.Http.SendAsync(replay, TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task The_way_back_leads_to_this_host_only()
    {
        await using var host = await HostUnderTest.StartAsync(("CONSUMERS_API_KEY", Key));
        using var browser = host.Client(cookies: true);

        (await SignInAsync(browser, Key, "https://evil.example/")).Headers.Location!.ToString().ShouldBe("/");
        (await SignInAsync(browser, Key, "//evil.example/")).Headers.Location!.ToString().ShouldBe("/");
    }

    [Fact]
    public async Task Guessing_is_slowed_down()
    {
        await using var host = await HostUnderTest.StartAsync(("CONSUMERS_API_KEY", Key));
        using var browser = host.Client(cookies: true);
        var token = TokenOf(await browser.GetStringAsync(new Uri("/login", UriKind.Relative), TestContext.Current.CancellationToken));
        for (var i = 0; i < 20; i++)
        {
            await PostAsync(browser, "/login", token, ("Key", $"guess {i}"));
        }

        (await PostAsync(browser, "/login", token, ("Key", Key))).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    private static async Task<HttpResponseMessage> SignInAsync(HttpClient browser, string key, string back = "/tasks?type=a")
    {
        var form = await browser.GetStringAsync(new Uri($"/login?returnUrl={Uri.EscapeDataString(back)}", UriKind.Relative), TestContext.Current.CancellationToken);
        return await PostAsync(browser, "/login", TokenOf(form), ("Key", key), ("returnUrl", back));
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient browser, string path, string token, params (string Name, string Value)[] fields) =>
        browser.PostAsync(
            new Uri(path, UriKind.Relative),
            new FormUrlEncodedContent([.. fields.Select(field => KeyValuePair.Create(field.Name, field.Value)), new("__RequestVerificationToken", token)]),
            TestContext.Current.CancellationToken);

    private static string TokenOf(string html) =>
        new HtmlParser().ParseDocument(html).QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;

    private static Task<HttpResponseMessage> SendAsync(HostUnderTest host, string path, string key)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("X-Api-Key", key);
        return host.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
