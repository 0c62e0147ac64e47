using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;

namespace Consumers.Host.Security;

internal static class AccessControl
{
    public static void AddAccessControl(this IServiceCollection services, AccessKey key, IReadOnlyList<string> addresses)
    {
        services.AddSingleton(key);
        services.AddSingleton<Sessions>();
        services.AddSingleton<SignInThrottle>();
        services.AddAuthentication(AccessHandler.SchemeName).AddScheme<AuthenticationSchemeOptions, AccessHandler>(AccessHandler.SchemeName, null);
        // What does not say otherwise is closed, and so is what does not exist.
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder(AccessHandler.SchemeName).RequireAuthenticatedUser().Build());
        // Form tokens live as long as the process: nothing to keep on a disk that may be read-only.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddAntiforgery(options =>
        {
            options.Cookie.Name = $"consumers-form-{PortOf(addresses)}";
            options.Cookie.HttpOnly = true;
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            // Our own headers say more.
            options.SuppressXFrameOptionsHeader = true;
        });
    }

    /// <summary>When everything is added that may need keys: at every start those on the disk would be read, and made, for a provider that nobody asks.</summary>
    public static void KeepNoKeys(this IServiceCollection services)
    {
        foreach (var preload in services.Where(service => service.ServiceType == typeof(IHostedService) && service.ImplementationType?.Assembly == typeof(EphemeralDataProtectionProvider).Assembly).ToArray())
        {
            services.Remove(preload);
        }
    }

    public static void UseAccessControl(this WebApplication app)
    {
        app.UseRouting();
        app.UseMiddleware<CrossSiteGuard>();
        app.UseAuthentication();
        app.UseAuthorization();
    }

    /// <summary>As in the session's cookie: instances on one machine must not overwrite each other's.</summary>
    private static int PortOf(IReadOnlyList<string> addresses) => BindingAddress.Parse(addresses[0]).Port;
}
