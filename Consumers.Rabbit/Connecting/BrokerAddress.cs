using System.Net.Security;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>The broker's URL, and how it may be shown: never with its password.</summary>
internal static class BrokerAddress
{
    /// <summary>Null when it is no AMQP URL.</summary>
    public static Uri? TryParse(string? url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("amqp" or "amqps") || uri.Host.Length == 0)
        {
            return null;
        }
        try
        {
            // The client has rules of its own (one path segment, user and password); better found at the start than at the first connection.
            _ = new ConnectionFactory { Uri = uri };
            return uri;
        }
        catch (Exception e) when (e is ArgumentException or UriFormatException)
        {
            return null;
        }
    }

    /// <summary>The broker's certificate must be trusted by this machine, still valid, and of the name in the URL: left to itself, the client takes a certificate of any name from an <c>amqps</c> URL.</summary>
    public static SslOption TlsFor(Uri url) => new(url.Host, enabled: url.Scheme == "amqps") { AcceptablePolicyErrors = SslPolicyErrors.None };

    /// <summary><c>amqp://user@host:port/vhost</c>; for something that is no URL, only that.</summary>
    public static string Redact(string? url)
    {
        if (string.IsNullOrEmpty(url))
        {
            return "";
        }
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            return "(not a URL)";
        }
        var user = uri.UserInfo.Split(':', 2)[0];
        var port = uri.Port > 0 ? uri.Port : uri.Scheme == "amqps" ? 5671 : 5672;
        return $"{uri.Scheme}://{(user.Length == 0 ? "" : user + "@")}{uri.Host}:{port}{uri.AbsolutePath}";
    }
}
