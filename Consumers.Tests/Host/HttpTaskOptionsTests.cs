using Consumers.Host.Handlers.Http;
using Microsoft.Extensions.Options;

namespace Consumers.Tests.Host;

/// <summary>What the <c>http</c> handler refuses at the start, and that it shows no secret when it does.</summary>
public sealed class HttpTaskOptionsTests
{
    [Theory]
    [InlineData("http://worker/tasks", true)]
    [InlineData("https://worker:8443/tasks?x=1", true)]
    [InlineData("http://[::1]:8080/", true)]
    [InlineData("http://user:canary@worker/", false)]
    [InlineData("http://canary@worker/", false)]
    [InlineData("ftp://canary/", false)]
    [InlineData("file:///canary", false)]
    [InlineData("/canary", false)]
    [InlineData("canary", false)]
    [InlineData("http:///canary", false)]
    [InlineData("http://canary/#x", false)]
    [InlineData("", false)]
    public void An_address_is_checked_at_start_and_not_shown(string url, bool isRight)
    {
        var result = Validate(new HttpEndpointOptions { Url = url });

        result.Succeeded.ShouldBe(isRight, result.FailureMessage);
        if (!isRight)
        {
            result.FailureMessage!.ShouldContain("Consumers:Http:Endpoints:e:Url");
            result.FailureMessage!.ShouldNotContain("canary");
        }
    }

    [Theory]
    [InlineData("X-Api-Key", "plain", true)]
    [InlineData("Authorization", "Bearer x", true)]
    [InlineData("X-Api-Key", "canary\r\nX-Evil: 1", false)]
    [InlineData("X-Api-Key", "canaryä", false)]
    [InlineData("X Api Key", "canary", false)]
    [InlineData("Host", "canary", false)]
    [InlineData("transfer-encoding", "canary", false)]
    [InlineData("Content-Type", "canary", false)]
    [InlineData("idempotency-key", "canary", false)]
    public void A_header_is_checked_at_start_and_not_shown(string name, string value, bool isRight)
    {
        var result = Validate(new HttpEndpointOptions { Url = "http://worker/", Headers = { [name] = value } });

        result.Succeeded.ShouldBe(isRight, result.FailureMessage);
        (result.FailureMessage ?? "").ShouldNotContain("canary");
    }

    private static ValidateOptionsResult Validate(HttpEndpointOptions endpoint) =>
        new HttpTaskOptionsValidator().Validate(null, new HttpTaskOptions { Endpoints = { ["e"] = endpoint } });
}
