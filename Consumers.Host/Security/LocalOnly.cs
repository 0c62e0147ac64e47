using System.Net;

namespace Consumers.Host.Security;

/// <summary>Without a key: only this machine, asked for by a name of this machine, and not through a proxy.</summary>
internal static class LocalOnly
{
    /// <summary>Why the request is not local, or null.</summary>
    public static string? Refusal(HttpContext context)
    {
        // A unix socket has no addresses; who may open it is the file system's to say.
        if (!IsLocal(context.Connection.RemoteIpAddress) || !IsLocal(context.Connection.LocalIpAddress))
        {
            return "without CONSUMERS_API_KEY this host answers only requests from its own machine";
        }
        var headers = context.Request.Headers;
        if (headers.ContainsKey("X-Forwarded-For") || headers.ContainsKey("Forwarded"))
        {
            // Behind a proxy every request is local.
            return "the request came through a proxy, and CONSUMERS_API_KEY is not set";
        }
        // A page whose name was made to point here is same-origin to the browser.
        var host = context.Request.Host.Host.Trim('[', ']');
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip))
            ? null
            : "the request names another host than this machine, and CONSUMERS_API_KEY is not set; use localhost or 127.0.0.1";
    }

    private static bool IsLocal(IPAddress? address) => address is null || IPAddress.IsLoopback(address);
}
