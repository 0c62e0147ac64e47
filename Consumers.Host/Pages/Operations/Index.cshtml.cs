using Consumers.Core;
using Consumers.Host.Monitoring;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages.Operations;

/// <summary>Replays and discards, newest first.</summary>
internal sealed class IndexModel(DeadLetterReads reads) : PageModel
{
    public const int PageSize = 50;

    [BindProperty(SupportsGet = true, Name = "after")]
    public string? After { get; set; }

    public Known<IReadOnlyList<Operation>> Found { get; private set; } = null!;

    public async Task OnGetAsync(CancellationToken cancellationToken) =>
        Found = await reads.OperationsAsync(string.IsNullOrEmpty(After) ? null : After, PageSize, cancellationToken);
}
