using System.Net;
using System.Text;
using Consumers.Tests.Fixtures;
using Consumers.Tests.Host;

namespace Consumers.Tests.Security;

public sealed class ApiFuzzTests
{
    private static readonly string[] Values =
    [
        "", "x", "-1", "0", "1", "200", "201", "999999999999999999999", "1e9", "NaN", "true", "null", "%00", "%0d%0a", "..%2f..%2fetc%2fpasswd", "%F0%9F%98%80", "%ED%A0%80", "%ff", "'%22%3Cscript%3E", "{}", "[]", "2026-11-21", "9999-12-31T23:59:59Z",
        "0001-01-01", "rabbit", "kafka", "FAILED", "any", "%25%5F", "'; DROP TABLE \"Tasks\";--", "sleep", "application%2Fjson", "1.5", "+", "=",
    ];

    private static readonly string[] Names = ["limit", "after", "status", "type", "module", "state", "range", "format", "kind", "ids", "id", "cause", "text", "since", "from", "to", "reason", "bodies", "handler", "returnUrl", "action", "offset"];

    private static readonly string[] Bodies =
    [
        "", "{", "[]", "{}", "null", "\"\"", "1", "[[[[[[[[[[", """{"type":null}""", """{"type":"sleep","payload":"x"}""", """{"type":"sleep","id":{}}""", """{"type":"sleep","maxRetries":1e400}""", """{"type":"sleep","maxRetries":-1}""",
        """{"type":"sleep","type":"email"}""", """{"id":"\ud800","type":"sleep"}""", """[{"type":"sleep"},null]""", """{"ids":null}""", """{"ids":["x",1]}""", """{"kind":"replay","filter":"typ:x"}""", """{"by":1,"why":[]}""", """{"rate":-5}""", "\u0000",
        """{"type":"sleep","payload":{"complexityMs":0}}""",
    ];

    private static readonly string[] MediaTypes = ["application/json", "application/x-ndjson", "application/x-www-form-urlencoded", "text/plain", "application/octet-stream", "multipart/form-data; boundary=x"];

    [Fact]
    public async Task Whatever_is_asked_is_answered_and_never_with_an_error_of_ours()
    {
        var requests = LongTests.AreOn ? 20_000 : 2_500;
        var seed = Environment.GetEnvironmentVariable("CONSUMERS_FUZZ_SEED") is { } given ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture) : 20261121;
        var random = new Random(seed);
        await using var host = await HostUnderTest.StartAsync();
        var routes = Routes.Of(host).Where(route => !route.Path.StartsWith("/events", StringComparison.Ordinal)).ToArray();
        var answers = new SortedDictionary<int, int>();

        for (var i = 0; i < requests; i++)
        {
            using var request = Make(random, routes);
            using var answer = await host.Http.SendAsync(request, HttpCompletionOption.ResponseContentRead, TestContext.Current.CancellationToken);

            var status = (int)answer.StatusCode;
            answers[status] = answers.GetValueOrDefault(status) + 1;
            // 503 names a dependency that is away, as Kafka is here.
            (status < 500 || answer.StatusCode == HttpStatusCode.ServiceUnavailable).ShouldBeTrue($"seed {seed}, request {i}: {request.Method} {request.RequestUri} answered {status}\n{await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
        }

        answers.Keys.ShouldContain(200);
        answers.Keys.ShouldContain(400);
        (await host.GetAsync("/health/ready")).StatusCode.ShouldBe(HttpStatusCode.OK);
        TestContext.Current.SendDiagnosticMessage("{0} requests: {1}", requests, string.Join(", ", answers.Select(answer => $"{answer.Value} × {answer.Key}")));
    }

    private static HttpRequestMessage Make(Random random, (string Method, string Path)[] routes)
    {
        var (method, path) = routes[random.Next(routes.Length)];
        if (random.Next(3) == 0)
        {
            path = path.Replace("/x", "/" + Pick(random, Values), StringComparison.Ordinal);
        }
        if (random.Next(2) == 0)
        {
            path += "?" + string.Join('&', Enumerable.Range(0, random.Next(1, 5)).Select(_ => $"{Pick(random, Names)}={Pick(random, Values)}"));
        }
        var request = new HttpRequestMessage(new HttpMethod(random.Next(20) == 0 ? Pick(random, ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]) : method), new Uri(path, UriKind.Relative));
        if (request.Method.Method is not ("GET" or "HEAD" or "TRACE"))
        {
            request.Content = new ByteArrayContent(random.Next(8) == 0 ? Noise(random) : Encoding.UTF8.GetBytes(Pick(random, Bodies)));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", Pick(random, MediaTypes));
        }
        if (random.Next(6) == 0)
        {
            request.Headers.TryAddWithoutValidation(Pick(random, ["Accept", "Last-Event-ID", "Idempotency-Key", "If-None-Match", "Cookie", "traceparent", "Range", "Accept-Language"]), Pick(random, Values));
        }
        return request;
    }

    private static byte[] Noise(Random random)
    {
        var bytes = new byte[random.Next(2000)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string Pick(Random random, string[] of) => of[random.Next(of.Length)];
}
