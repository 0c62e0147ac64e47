using Consumers.Host.Api;

namespace Consumers.Host.Security;

/// <summary>Nothing is changed by a request that a page of another site made a browser send.</summary>
internal sealed class CrossSiteGuard(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var method = context.Request.Method;
        return HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || !IsCrossSite(context.Request)
            ? next(context)
            : Problems.WriteAsync(context, StatusCodes.Status403Forbidden, "Refused: another site's request", "The browser says that a page of another site sent this request. Send it from this host's own pages, or from a program.");
    }

    private static bool IsCrossSite(HttpRequest request)
    {
        // Browsers say it in one header or in both; programs send neither.
        if (request.Headers.TryGetValue("Sec-Fetch-Site", out var site))
        {
            return site.ToString() is not ("same-origin" or "none");
        }
        return request.Headers.TryGetValue("Origin", out var origin)
            && !(Uri.TryCreate(origin.ToString(), UriKind.Absolute, out var from)
                && from.Scheme == request.Scheme
                && string.Equals(from.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}
