using System.Net;
using System.Text;
using Consumers.Tests.Host;

namespace Consumers.Tests.Security;

/// <summary>Every endpoint of the host, asked by everybody who may come: what is answered is what is declared here, also for endpoints that are added later.</summary>
public sealed class AuthorizationTests
{
    private const string Key = "a-key-that-nobody-guesses";

    /// <summary>What everybody may ask: whether it lives, how to sign in, and what a page that asks for the key is made of.</summary>
    private static readonly string[] Open = ["/health/live", "/health/ready", "/login", "/assets/", "/error/", "/favicon.ico", "/theme"];

    public static TheoryData<string> Strangers => ["nobody", "a wrong key", "the key in the query", "a proxy's word", "an invented session", "an empty key", "the key as basic"];

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task Whoever_has_no_key_is_turned_away_by_every_endpoint(string who)
    {
        await using var host = await HostUnderTest.StartAsync(("CONSUMERS_API_KEY", Key));
        var routes = Routes.Of(host).Where(route => !Open.Any(open => route.Path.StartsWith(open, StringComparison.OrdinalIgnoreCase))).ToArray();
        routes.Length.ShouldBeGreaterThan(60, "the table of routes was read");

        foreach (var (method, path) in routes)
        {
            using var request = Ask(method, path);
            Dress(request, who);

            using var answer = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

            var isTurnedAway = answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden || (answer.StatusCode == HttpStatusCode.Redirect && answer.Headers.Location!.ToString().StartsWith("/login", StringComparison.Ordinal));
            isTurnedAway.ShouldBeTrue($"{method} {path} answered {who} with {(int)answer.StatusCode}");
        }
    }

    [Fact]
    public async Task Whoever_has_the_key_is_turned_away_by_no_endpoint()
    {
        await using var host = await HostUnderTest.StartAsync(("CONSUMERS_API_KEY", Key));

        foreach (var (method, path) in Routes.Of(host).Where(route => route.Path.StartsWith("/api/", StringComparison.Ordinal)))
        {
            using var request = Ask(method, path);
            request.Headers.Add("X-Api-Key", Key);

            using var answer = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

            answer.StatusCode.ShouldNotBeOneOf([HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden], $"{method} {path}");
        }
    }

    [Fact]
    public async Task What_is_open_to_everybody_tells_nothing_of_the_fleet()
    {
        await using var host = await HostUnderTest.StartAsync(("CONSUMERS_API_KEY", Key), ("Consumers:InstanceName", "a-name-to-keep"));

        foreach (var (method, path) in Routes.Of(host).Where(route => route.Method == "GET" && Open.Any(open => route.Path.StartsWith(open, StringComparison.OrdinalIgnoreCase))))
        {
            using var request = Ask(method, path);
            using var answer = await host.Http.SendAsync(request, TestContext.Current.CancellationToken);
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

            text.ShouldNotContain(Key);
            text.ShouldNotContain(host.Folder, customMessage: path);
        }
    }

    private static HttpRequestMessage Ask(string method, string path) => new(new HttpMethod(method), path)
    {
        Content = method is "GET" or "HEAD" ? null : new StringContent("{}", Encoding.UTF8, "application/json"),
    };

    private static void Dress(HttpRequestMessage request, string who)
    {
        switch (who)
        {
            case "a wrong key":
                request.Headers.Add("X-Api-Key", Key + "x");
                break;
            case "an empty key":
                request.Headers.TryAddWithoutValidation("X-Api-Key", "");
                break;
            case "the key in the query":
                request.RequestUri = new Uri($"{request.RequestUri}?X-Api-Key={Key}&key={Key}&api_key={Key}", UriKind.Relative);
                break;
            case "a proxy's word":
                request.Headers.Add("X-Forwarded-For", "127.0.0.1");
                request.Headers.Add("X-Real-IP", "127.0.0.1");
                request.Headers.Add("Forwarded", "for=127.0.0.1;host=127.0.0.1");
                break;
            case "an invented session":
                request.Headers.Add("Cookie", "consumers-session=" + new string('A', 43));
                break;
            case "the key as basic":
                request.Headers.Add("Authorization", "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes("admin:" + Key)));
                break;
        }
    }
}
