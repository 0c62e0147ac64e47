using Consumers.Core;
using Consumers.Host.Monitoring;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages;

/// <summary>Who did what, when, and what came of it.</summary>
internal sealed class AuditModel(DeadLetterReads reads) : PageModel
{
    public const int PageSize = 100;

    public static readonly IReadOnlyList<string> Actions = ["pause", "resume", "replay", "edit", "discard", "cancel", "end"];

    [BindProperty(SupportsGet = true, Name = "action")]
    public string? Action { get; set; }

    [BindProperty(SupportsGet = true, Name = "after")]
    public long? After { get; set; }

    public Known<IReadOnlyList<AuditEntry>> Found { get; private set; } = null!;

    public async Task OnGetAsync(CancellationToken cancellationToken) =>
        Found = await reads.AuditAsync(string.IsNullOrEmpty(Action) ? null : Action, After, PageSize, cancellationToken);
}
