namespace Consumers.Host.Pages;

/// <summary>Light, dark, or as the browser's system has it: a choice of the browser, kept in a cookie for a year. The page is rendered with it, so that none flashes in the other.</summary>
internal sealed record Theme(string Name, string Words, string Scheme, string? DarkFor)
{
    /// <summary>Shared by the instances on one host, which browsers tell apart by port only.</summary>
    private const string Cookie = "consumers-theme";

    private static readonly TimeSpan Kept = TimeSpan.FromDays(365);

    private static readonly Theme System = new("system", "as the system", "light dark", "(prefers-color-scheme: dark)");

    public static readonly IReadOnlyList<Theme> All = [System, new("light", "light", "light", null), new("dark", "dark", "dark", "all")];

    /// <summary>The one of that name; the system's for any other.</summary>
    public static Theme Named(string? name) => All.FirstOrDefault(theme => theme.Name == name) ?? System;

    public static Theme Of(HttpContext context) => Named(context.Request.Cookies[Cookie]);

    public void Keep(HttpContext context) => context.Response.Cookies.Append(Cookie, Name, new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = context.Request.IsHttps,
        Path = "/",
        MaxAge = Kept,
        IsEssential = true,
    });
}
