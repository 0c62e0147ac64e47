using System.Text;
using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.DeadLetters;
using Consumers.Host.Monitoring;
using Consumers.Host.Texts;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages.DeadLetters;

/// <summary>Mends a dead letter: edit, look at the difference, replay as a new task.</summary>
internal sealed class EditModel(DeadLetterReads reads, OperationSwitch operations, TaskIntake intake) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string Id { get; set; } = "";

    [BindProperty]
    public string? Text { get; set; }

    [BindProperty]
    public string Operation { get; set; } = OperationSwitch.NewId();

    [BindProperty]
    public string? Name { get; set; }

    [BindProperty]
    public string? Why { get; set; }

    [TempData]
    public string? Result { get; set; }

    public DeadLetterRow Row { get; private set; } = null!;

    /// <summary>False: the whole message is edited, because it is no task yet.</summary>
    public bool IsTask { get; private set; }

    /// <summary>Null when the bytes are no text, or more than a message may have: a form could not hold them.</summary>
    public string? Before { get; private set; }

    /// <summary>Null while it is being edited.</summary>
    public IReadOnlyList<DiffLine>? Difference { get; private set; }

    public string? Refusal { get; private set; }

    public string What => IsTask ? "payload" : "message";

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        var (_, refused) = await ReadAsync(cancellationToken);
        Text = Before;
        return refused ?? Page();
    }

    /// <param name="change"><c>compare</c>, <c>edit</c> or <c>replay</c>.</param>
    public async Task<IActionResult> OnPostAsync(string? change, CancellationToken cancellationToken)
    {
        var (letter, refused) = await ReadAsync(cancellationToken);
        if (refused is not null)
        {
            return refused;
        }
        if (change is not ("compare" or "edit" or "replay") || Operation.Length > 64 || !TaskName.IsValid(Operation))
        {
            return BadRequest();
        }
        if (change == "edit")
        {
            return Page();
        }
        var (body, error) = EditedTask.Compose(letter!.Body, Text ?? "", intake.MaxBodyBytes);
        if (error is not null)
        {
            (Refusal, Response.StatusCode) = (error, StatusCodes.Status400BadRequest);
            return Page();
        }
        if (change == "replay")
        {
            var answer = await operations.ReplayEditedAsync(Operation, Id, body, Name, Why, PauseSwitch.Page, cancellationToken);
            if (answer.Value is { } operation)
            {
                Result = "The edited task is on its way, as a new task.";
                return Redirect($"{Request.PathBase}/operations/{Uri.EscapeDataString(operation.Id)}");
            }
            (Refusal, Response.StatusCode) = ($"Nothing was replayed. {answer.WhyNot}", answer.IsRefused ? StatusCodes.Status409Conflict : StatusCodes.Status503ServiceUnavailable);
        }
        var indented = JsonText.Indented(Encoding.UTF8.GetBytes(Text!));
        Difference = LineDiff.Of(Before!, indented);
        return Page();
    }

    private async Task<(DeadLetterDetails? Letter, IActionResult? Refused)> ReadAsync(CancellationToken cancellationToken)
    {
        var found = await reads.FindAsync(Id, cancellationToken);
        if (found.Value?.Value is not { } letter)
        {
            return (null, StatusCode(found.IsKnown ? StatusCodes.Status404NotFound : StatusCodes.Status503ServiceUnavailable));
        }
        Row = letter.Row;
        IsTask = BodyView.Of(letter.Body).Task is not null;
        Before = letter.Body.Length > intake.MaxBodyBytes ? null : EditedTask.TextOf(letter.Body);
        return (letter, null);
    }
}
