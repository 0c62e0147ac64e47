using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages;

/// <summary>Keeps a browser's theme, also of one that has not signed in yet, and goes back to where it was chosen.</summary>
[AllowAnonymous]
internal sealed class ChooseThemeModel : PageModel
{
    public IActionResult OnGet() => Redirect($"{Request.PathBase}/");

    public IActionResult OnPost(string? theme, string? back)
    {
        Theme.Named(theme).Keep(HttpContext);
        return Url.IsLocalUrl(back) ? LocalRedirect(back!) : Redirect($"{Request.PathBase}/");
    }
}
