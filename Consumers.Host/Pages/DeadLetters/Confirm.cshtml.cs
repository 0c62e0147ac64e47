using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.DeadLetters;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages.DeadLetters;

/// <summary>Asks once more, with the number that will be done on the button, and starts the operation.</summary>
internal sealed class ConfirmModel(OperationSwitch operations, TimeProvider time) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string? Kind { get; set; }

    /// <summary>These; none: all that match the search.</summary>
    [BindProperty(SupportsGet = true, Name = "ids")]
    public List<string> Ids { get; set; } = [];

    [BindProperty(SupportsGet = true)]
    public DeadLetterSearch Search { get; set; } = new();

    [BindProperty]
    public OrderForm Form { get; set; } = new();

    /// <summary>Shown once by the operation's page.</summary>
    [TempData]
    public string? Result { get; set; }

    public OperationChoice Choice { get; private set; } = null!;

    /// <summary>Null when it cannot be known now.</summary>
    public OperationPreview? Preview { get; private set; }

    public string? Refusal { get; private set; }

    public bool IsReplay => Choice.Kind == OperationKind.Replay;

    public string Verb => IsReplay ? "Replay" : "Discard";

    public string What => Preview is { } preview ? Words.Count(preview.Count, "dead letter", "dead letters") : "dead letters";

    public string Scope => Choice.Ids is not null ? "" : FilterText.Of(Choice.Filter! with { State = null }) is { Length: > 0 } text ? $"all that match {text}" : "all that are dead";

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken) => Read() ?? await ShowAsync(null, cancellationToken);

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (Read() is { } refused)
        {
            return refused;
        }
        var (order, error) = Form.Read(Choice);
        if (error is not null)
        {
            Response.StatusCode = StatusCodes.Status400BadRequest;
            return await ShowAsync(error, cancellationToken);
        }
        var answer = await operations.StartAsync(order!, PauseSwitch.Page, cancellationToken);
        if (answer.Value is not { } operation)
        {
            Response.StatusCode = answer.IsRefused ? StatusCodes.Status409Conflict : StatusCodes.Status503ServiceUnavailable;
            return await ShowAsync($"Nothing was started. {answer.WhyNot}", cancellationToken);
        }
        Result = $"{(operation.Kind == OperationKind.Replay ? "A replay" : "A discard")} of {Words.Count(operation.Total, "dead letter", "dead letters")} has started. It goes on when you leave this page.";
        return Redirect($"{Request.PathBase}/operations/{Uri.EscapeDataString(operation.Id)}");
    }

    /// <summary>The search for the address that the form goes to: with the times that were looked at, and not those of the moment of the click.</summary>
    public string SearchQuery => Choice.Filter is { } filter ? DeadLetterQuery.ToQuery(filter with { State = null }) : "";

    private IActionResult? Read()
    {
        if (OperationNames.KindFrom(Kind) is not { } kind || Ids.Count > OperationSwitch.MostIds || Ids.Any(string.IsNullOrEmpty))
        {
            return BadRequest();
        }
        var isSelection = Ids.Count > 0;
        Choice = new(kind, isSelection ? null : Search.ToFilter(time.GetUtcNow()) with { State = DeadLetterState.Dead }, isSelection ? Ids : null);
        return null;
    }

    private async Task<IActionResult> ShowAsync(string? refusal, CancellationToken cancellationToken)
    {
        var answer = await operations.PreviewAsync(Choice, cancellationToken);
        Preview = answer.Value;
        Refusal = refusal ?? answer.WhyNot;
        if (answer.WhyNot is not null)
        {
            Response.StatusCode = answer.IsRefused ? StatusCodes.Status409Conflict : StatusCodes.Status503ServiceUnavailable;
        }
        return Page();
    }
}
