using Consumers.Core;
using Consumers.Host.Monitoring;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages.Tasks;

/// <summary>Search the ledger. Everything that is chosen is in the address.</summary>
internal sealed class IndexModel(LedgerReads ledger) : PageModel
{
    private const int PageSize = 50;

    [BindProperty(SupportsGet = true)]
    public TaskSearch Search { get; set; } = new();

    public Known<TaskPage> Found { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        if (Search.Id?.Trim() is { Length: > 0 } id)
        {
            return Redirect($"{Request.PathBase}/tasks/{Uri.EscapeDataString(id)}");
        }
        Found = await ledger.ListAsync(Search.ToFilter(), Search.After, PageSize, cancellationToken);
        return Page();
    }
}
