using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages;

/// <summary>What went wrong, for people. Reached by re-execution from any request, so it accepts what that was.</summary>
[AllowAnonymous]
[IgnoreAntiforgeryToken]
internal sealed class ErrorModel : PageModel
{
    public int Code { get; private set; }

    public string Headline => Code switch
    {
        400 => "That request was not understood",
        404 => "There is no such page",
        405 => "That is not how this page is asked for",
        413 => "That was too large",
        _ => "Something went wrong here",
    };

    public string Advice => Code switch
    {
        400 => "If it came from a form, the form may be older than this process: open the page again and send it once more.",
        404 => "The address may be mistyped, or the module that serves it is not switched on in this host.",
        500 => "The fault is the host's; its log has the details. The other pages go on working.",
        _ => "Go back and try again.",
    };

    public void OnGet(int code) => Show(code);

    public void OnPost(int code) => Show(code);

    private void Show(int code)
    {
        Code = code is >= 400 and < 600 ? code : 404;
        Response.StatusCode = Code;
    }
}
