using Consumers.Host.Security;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages;

/// <summary>The key, once, for a session.</summary>
[AllowAnonymous]
internal sealed class LoginModel(AccessKey key, Sessions sessions, SignInThrottle throttle) : PageModel
{
    [BindProperty(SupportsGet = true, Name = "returnUrl")]
    public string? ReturnUrl { get; set; }

    [BindProperty]
    public string? Key { get; set; }

    public string? Refusal { get; private set; }

    public IActionResult OnGet() => key.IsRequired ? Page() : GoBack();

    public IActionResult OnPost()
    {
        if (throttle.IsClosed)
        {
            Response.StatusCode = StatusCodes.Status429TooManyRequests;
            Response.Headers.RetryAfter = "60";
            Refusal = "Too many wrong keys. Wait a minute, then try again.";
            return Page();
        }
        if (!key.Matches(Key))
        {
            throttle.CountWrongKey();
            Response.StatusCode = StatusCodes.Status401Unauthorized;
            Refusal = "This is not the host's key. It is the value of CONSUMERS_API_KEY where the host was started.";
            return Page();
        }
        SessionCookie.Write(HttpContext, sessions.Open());
        return GoBack();
    }

    /// <summary>Only to a page of this host: an address from outside could lead anywhere.</summary>
    private IActionResult GoBack() => Url.IsLocalUrl(ReturnUrl) ? LocalRedirect(ReturnUrl!) : Redirect($"{Request.PathBase}/");
}
