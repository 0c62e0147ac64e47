using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.Monitoring;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages.Operations;

/// <summary>One operation: how far it is, what failed, and the means to hold it.</summary>
internal sealed class DetailsModel(DeadLetterReads reads, OperationSwitch operations, TimeProvider time) : PageModel
{
    private const int MostItems = 50;

    [BindProperty(SupportsGet = true)]
    public string Id { get; set; } = "";

    /// <summary>Shows the entries after this one.</summary>
    [BindProperty(SupportsGet = true, Name = "after")]
    public string? After { get; set; }

    [BindProperty]
    public string? Name { get; set; }

    [TempData]
    public string? Result { get; set; }

    /// <summary>Null when it cannot be shown; <see cref="WhyNot"/> says why.</summary>
    public OperationStory? Story { get; private set; }

    public string? WhyNot { get; private set; }

    public string? Refusal { get; private set; }

    /// <summary>Entries that did not go well.</summary>
    public IReadOnlyList<OperationItem> Trouble { get; private set; } = [];

    public IReadOnlyList<OperationItem> Items { get; private set; } = [];

    public bool HasMore => Items.Count == MostItems;

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken) => await ShowAsync(cancellationToken);

    public async Task<IActionResult> OnPostAsync(string? change, CancellationToken cancellationToken)
    {
        if (!Enum.TryParse<OperationChange>(change, ignoreCase: true, out var asked) || !Enum.IsDefined(asked))
        {
            return BadRequest();
        }
        var answer = await operations.ChangeAsync(Id, asked, Name, PauseSwitch.Page, cancellationToken);
        if (answer.WhyNot is { } why)
        {
            (Refusal, Response.StatusCode) = ($"Nothing was changed. {why}", answer.IsRefused ? StatusCodes.Status409Conflict : StatusCodes.Status503ServiceUnavailable);
            return await ShowAsync(cancellationToken);
        }
        if (answer.Value is not { } operation)
        {
            return NotFound();
        }
        Result = $"It is {operation.State.ToWire()} now.";
        return Redirect($"{Request.PathBase}/operations/{Uri.EscapeDataString(Id)}");
    }

    private async Task<IActionResult> ShowAsync(CancellationToken cancellationToken)
    {
        var found = await reads.FindOperationAsync(Id, cancellationToken);
        if (found.Value?.Value is not { } operation)
        {
            WhyNot = found.IsKnown ? "The ledger has no operation with this id." : $"This operation cannot be shown now: {found.WhyUnknown}. It goes on by itself.";
            Response.StatusCode = found.IsKnown ? StatusCodes.Status404NotFound : StatusCodes.Status503ServiceUnavailable;
            return Page();
        }
        Story = new OperationStory(operation, time.GetUtcNow());
        var failed = reads.ItemsAsync(Id, OperationItemState.FailedAgain, null, MostItems, cancellationToken);
        var skipped = reads.ItemsAsync(Id, OperationItemState.Skipped, null, MostItems, cancellationToken);
        Items = (await reads.ItemsAsync(Id, null, string.IsNullOrEmpty(After) ? null : After, MostItems, cancellationToken)).Value ?? [];
        Trouble = [.. (await failed).Value ?? [], .. (await skipped).Value ?? []];
        return Page();
    }
}
