using System.Globalization;
using StackExchange.Redis;

namespace Consumers.Fleet;

/// <summary>The URL of a Redis, and how it may be shown: never with its password.</summary>
internal static class RedisAddress
{
    private const int DefaultPort = 6379;

    public static bool TryParse(string? url, out ConfigurationOptions configuration)
    {
        configuration = new ConfigurationOptions();
        if (!Uri.TryCreate(url?.Trim(), UriKind.Absolute, out var uri) || uri.Scheme is not ("redis" or "rediss") || uri.Host.Length == 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            return false;
        }
        var path = uri.AbsolutePath.Trim('/');
        if (path.Length > 0)
        {
            if (!int.TryParse(path, NumberStyles.None, CultureInfo.InvariantCulture, out var database) || database > 100_000)
            {
                return false;
            }
            configuration.DefaultDatabase = database;
        }
        configuration.EndPoints.Add(uri.Host.Trim('[', ']'), PortOf(uri));
        if (uri.Scheme == "rediss")
        {
            (configuration.Ssl, configuration.SslHost) = (true, uri.Host);
        }
        return TryAuthenticate(configuration, uri);
    }

    /// <summary><c>redis://user@host:port/0</c>; for something that is no URL, only that.</summary>
    public static string Redact(string? url)
    {
        if (!Uri.TryCreate(url?.Trim(), UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            return string.IsNullOrWhiteSpace(url) ? "" : "(not a URL)";
        }
        var user = uri.UserInfo.Contains(':', StringComparison.Ordinal) ? uri.UserInfo.Split(':', 2)[0] : "";
        return $"{uri.Scheme}://{(user.Length == 0 ? "" : user + "@")}{uri.Host}:{PortOf(uri)}{uri.AbsolutePath.TrimEnd('/')}";
    }

    private static int PortOf(Uri uri) => uri.Port > 0 ? uri.Port : DefaultPort;

    /// <summary><c>user:password</c>, <c>:password</c>, or <c>password</c> alone.</summary>
    private static bool TryAuthenticate(ConfigurationOptions configuration, Uri uri)
    {
        if (uri.UserInfo.Length == 0)
        {
            return true;
        }
        var parts = uri.UserInfo.Split(':', 2);
        configuration.Password = Uri.UnescapeDataString(parts[^1]);
        var user = parts.Length == 2 ? Uri.UnescapeDataString(parts[0]) : "";
        if (user is "" or "default")
        {
            return true;
        }
        // Older versions of the client know one password and no users.
        if (typeof(ConfigurationOptions).GetProperty("User") is not { } property)
        {
            return false;
        }
        property.SetValue(configuration, user);
        return true;
    }
}
