namespace Consumers.Host.Security;

/// <summary>The session's cookie. Named by port, because browsers share cookies between the ports of a host, and instances live side by side there.</summary>
internal static class SessionCookie
{
    public static string? Read(HttpContext context) => context.Request.Cookies[Name(context)];

    public static void Write(HttpContext context, string session) => context.Response.Cookies.Append(Name(context), session, Options(context, Sessions.Lifetime));

    public static void Delete(HttpContext context) => context.Response.Cookies.Delete(Name(context), Options(context, null));

    private static string Name(HttpContext context) => $"{(context.Request.IsHttps ? "__Host-" : "")}consumers-session-{context.Connection.LocalPort}";

    private static CookieOptions Options(HttpContext context, TimeSpan? maxAge) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = context.Request.IsHttps,
        Path = "/",
        MaxAge = maxAge,
        IsEssential = true,
    };
}
