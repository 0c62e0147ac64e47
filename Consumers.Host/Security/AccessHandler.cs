using System.Security.Claims;
using System.Text.Encodings.Web;
using Consumers.Host.Api;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Security;

/// <summary>Who asks: this machine while no key is set; with one, the header for the API, and a session (or the header) for pages and for reading.</summary>
internal sealed class AccessHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder,
    AccessKey key,
    Sessions sessions) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "consumers";
    public const string HeaderName = "X-Api-Key";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!key.IsRequired)
        {
            return Task.FromResult(LocalOnly.Refusal(Context) is { } refusal ? AuthenticateResult.Fail(refusal) : Allow("local"));
        }
        if (Request.Headers.TryGetValue(HeaderName, out var presented))
        {
            return Task.FromResult(presented.Count == 1 && key.Matches(presented[0]) ? Allow("key") : AuthenticateResult.Fail($"the key in {HeaderName} is not this host's"));
        }
        // The one way that every collector of metrics can send a key.
        if (Request.Headers.Authorization is [{ } bearer] && bearer.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return Task.FromResult(key.Matches(bearer["Bearer ".Length..].Trim()) ? Allow("key") : AuthenticateResult.Fail("the bearer token is not this host's key"));
        }
        // A browser sends its cookies by itself, so for the API a session is enough to read and not to change.
        return Task.FromResult((!Request.IsForPrograms() || HttpMethods.IsGet(Request.Method)) && sessions.IsOpen(SessionCookie.Read(Context)) ? Allow("session") : AuthenticateResult.NoResult());
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var why = (await HandleAuthenticateOnceSafeAsync()).Failure?.Message;
        if (!key.IsRequired)
        {
            await Problems.WriteAsync(Context, StatusCodes.Status403Forbidden, "Only from this machine", $"{why}.");
        }
        else if (Request.IsForPrograms())
        {
            Response.Headers.WWWAuthenticate = HeaderName;
            await Problems.WriteAsync(Context, StatusCodes.Status401Unauthorized, "A key is needed", why is null ? $"Send the host's CONSUMERS_API_KEY in the header {HeaderName}." : $"{why}.");
        }
        else
        {
            var back = HttpMethods.IsGet(Request.Method) ? Request.PathBase + Request.Path + Request.QueryString : "/";
            Response.Redirect($"{Request.PathBase}/login?returnUrl={Uri.EscapeDataString(back)}");
        }
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => HandleChallengeAsync(properties);

    private static AuthenticateResult Allow(string how)
    {
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, how)], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }
}
