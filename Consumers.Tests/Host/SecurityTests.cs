using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Host;

[Trait("Set", "quick")]
public sealed class SecurityTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private static readonly string[] Safe = ["GET", "HEAD", "OPTIONS"];

    private readonly HostUnderTest _host = shared.Host;

    [Theory]
    [InlineData("/")]
    [InlineData("/rabbit")]
    [InlineData("/tasks")]
    [InlineData("/tasks/nothing-here")]
    [InlineData("/dead-letters")]
    [InlineData("/dead-letters/nothing-here")]
    [InlineData("/operations")]
    [InlineData("/audit")]
    [InlineData("/api/dead-letters")]
    [InlineData("/api/dead-letters/nothing/body")]
    [InlineData("/api/dead-letters/export?format=csv")]
    [InlineData("/no/such/page")]
    [InlineData("/error/500")]
    [InlineData("/api/fleet")]
    [InlineData("/api/nothing")]
    [InlineData("/api/rabbit/tasks?limit=x")]
    [InlineData("/assets/site.css")]
    [InlineData("/assets/none.css")]
    [InlineData("/health/live")]
    [InlineData("/login")]
    public async Task Every_response_carries_the_headers(string path)
    {
        var response = await _host.GetAsync(path);

        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldContain("default-src 'none'");
        policy.ShouldContain("frame-ancestors 'none'");
        policy.ShouldNotContain("unsafe");
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        response.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        response.Headers.GetValues("Cross-Origin-Opener-Policy").ShouldBe(["same-origin"]);
        response.Headers.Contains("Server").ShouldBeFalse();
        response.Headers.CacheControl.ShouldNotBeNull();
    }

    public static TheoryData<string, string> ForeignHeaders => new()
    {
        { "Sec-Fetch-Site", "cross-site" },
        { "Sec-Fetch-Site", "same-site" },
        { "Origin", "https://evil.example" },
        { "Origin", "null" },
    };

    [Theory]
    [MemberData(nameof(ForeignHeaders))]
    public async Task Every_unsafe_endpoint_refuses_what_another_site_sends(string header, string value)
    {
        var endpoints = UnsafeEndpoints();
        endpoints.Count.ShouldBeGreaterThanOrEqualTo(4);
        foreach (var (method, path) in endpoints)
        {
            using var request = Request(method, path, "application/json", """{"type":"sleep"}""");
            request.Headers.Add(header, value);

            (await _host.Http.SendAsync(request, TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.Forbidden, $"{method} {path}");
        }
    }

    [Fact]
    public async Task Every_unsafe_endpoint_refuses_a_form_without_its_token()
    {
        foreach (var (method, path) in UnsafeEndpoints())
        {
            using var request = Request(method, path, "application/x-www-form-urlencoded", "Form.Type=sleep&Form.Count=1");

            var status = (await _host.Http.SendAsync(request, TestContext.Current.CancellationToken)).StatusCode;

            status.ShouldBeOneOf(HttpStatusCode.BadRequest, HttpStatusCode.UnsupportedMediaType, HttpStatusCode.MethodNotAllowed, HttpStatusCode.NotFound);
        }
    }

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("Forwarded", "for=127.0.0.1")]
    [InlineData("Host", "evil.example")]
    public async Task Without_a_key_nothing_is_answered_through_a_proxy_or_under_another_name(string header, string value)
    {
        foreach (var path in new[] { "/", "/api/fleet", "/tasks", "/no/such" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation(header, value);

            (await _host.Http.SendAsync(request, TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.Forbidden, path);
        }
    }

    private List<(string Method, string Path)> UnsafeEndpoints()
    {
        var found = new List<(string, string)>();
        foreach (var endpoint in _host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            var path = "/" + endpoint.RoutePattern.RawText!.TrimStart('/')
                .Replace("{module}", "rabbit", StringComparison.Ordinal).Replace("{id}", "x", StringComparison.Ordinal)
                .Replace("{code:int}", "404", StringComparison.Ordinal).Replace("{name}", "site.css", StringComparison.Ordinal).Replace("{documentName}", "v1", StringComparison.Ordinal);
            // A page names no methods: it is asked for with POST.
            var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["POST"];
            found.AddRange(methods.Except(Safe).Where(_ => !path.StartsWith("/error", StringComparison.Ordinal)).Select(method => (method, path)));
        }
        return [.. found.Distinct()];
    }

    private static HttpRequestMessage Request(string method, string path, string mediaType, string body) => new(new HttpMethod(method), path)
    {
        Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(mediaType)),
    };
}
