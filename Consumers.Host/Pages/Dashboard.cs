using Consumers.Host.Assets;
using Consumers.Host.Security;
using Microsoft.AspNetCore.Mvc;

namespace Consumers.Host.Pages;

internal static class Dashboard
{
    public static void AddDashboard(this IServiceCollection services)
    {
        services.AddRazorPages(pages => pages.Conventions.ConfigureFilter(new AutoValidateAntiforgeryTokenAttribute()).ConfigureFilter(new HandledMethodsOnly()));
        services.Configure<CookieTempDataProviderOptions>(options =>
        {
            options.Cookie.Name = "consumers-said";
            options.Cookie.HttpOnly = true;
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        });
    }

    public static void MapDashboard(this WebApplication app)
    {
        app.MapAssets();
        app.MapRazorPages();
    }
}
