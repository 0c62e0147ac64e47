using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Consumers.Tests.Host;

namespace Consumers.Tests.Security;

/// <summary>Every endpoint of a running host, from its own table: what is added later is tested without being listed.</summary>
internal static class Routes
{
    private static readonly (string Pattern, string Value)[] Parameters =
    [
        ("{module}", "rabbit"), ("{id}", "x"), ("{code:int}", "404"), ("{name}", "site.css"), ("{documentName}", "v1"), ("{*path}", "x"),
    ];

    /// <summary>A page names no methods: it answers GET and POST.</summary>
    public static IReadOnlyList<(string Method, string Path)> Of(HostUnderTest host)
    {
        var found = new List<(string, string)>();
        foreach (var endpoint in host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            var path = Parameters.Aggregate("/" + endpoint.RoutePattern.RawText!.TrimStart('/'), (text, parameter) => text.Replace(parameter.Pattern, parameter.Value, StringComparison.Ordinal));
            found.AddRange((endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST"]).Select(method => (method, path)));
        }
        return [.. found.Distinct()];
    }
}
