using Consumers.Host.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages;

internal sealed class SignOutModel(Sessions sessions) : PageModel
{
    public IActionResult OnGet() => Redirect($"{Request.PathBase}/");

    public IActionResult OnPost()
    {
        sessions.Close(SessionCookie.Read(HttpContext));
        SessionCookie.Delete(HttpContext);
        return Redirect($"{Request.PathBase}/login");
    }
}
