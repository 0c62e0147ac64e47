using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.Monitoring;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages;

/// <summary>Asks before a module or a type is paused for the whole fleet, and does it. A resume needs no asking.</summary>
internal sealed class PausingModel(IPauses pauses, PauseSwitch pauseSwitch, FleetWatch watch, TimeProvider time) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string Module { get; set; } = "";

    /// <summary>Null for the whole module.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Type { get; set; }

    [BindProperty]
    public string? Name { get; set; }

    [BindProperty]
    public string? Why { get; set; }

    /// <summary>Shown once by the module's page.</summary>
    [TempData]
    public string? Result { get; set; }

    public string? Refusal { get; private set; }

    /// <summary>The pause that holds already.</summary>
    public Pause? Now => pauses.Current.Find(Module, Type);

    public DateTimeOffset Time => time.GetUtcNow();

    public string What => Type is null ? Module : $"type {Type}";

    public string Title => $"{(Now is null ? "Pause" : "Resume")} {(Type is null ? Module : $"task type {Type} of {Module}")}";

    public IActionResult OnGet() => Check() ?? Page();

    public async Task<IActionResult> OnPostAsync(string? change, CancellationToken cancellationToken)
    {
        if (Check() is { } refused)
        {
            return refused;
        }
        if (change is not ("pause" or "resume"))
        {
            return BadRequest();
        }
        var (changed, whyNot) = await (change == "pause"
            ? pauseSwitch.PauseAsync(Module, Type, Name, Why, PauseSwitch.Page, cancellationToken)
            : pauseSwitch.ResumeAsync(Module, Type, Name, Why, PauseSwitch.Page, cancellationToken));
        if (changed is null)
        {
            Refusal = $"Nothing was changed. {whyNot}";
            Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Page();
        }
        var state = changed.Pause is null ? "resumed" : "paused";
        Result = changed.IsNew ? $"{Words.Capital(What)} is {state} for the whole fleet." : $"{Words.Capital(What)} was {(changed.Pause is null ? "not paused" : "paused already")}.";
        return Redirect($"{Request.PathBase}/{Module}");
    }

    private IActionResult? Check() =>
        watch.Transport(Module) is null ? NotFound() : Type is not null && !TaskName.IsValid(Type) ? BadRequest() : null;
}
