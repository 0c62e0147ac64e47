using Consumers.Core;
using Consumers.Host.DeadLetters;
using Consumers.Host.Monitoring;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages.DeadLetters;

/// <summary>One dead letter: what it is, why it is here, and what can be done about it.</summary>
internal sealed class DetailsModel(DeadLetterReads reads, LedgerReads ledger) : PageModel
{
    public string Id { get; private set; } = "";

    /// <summary>Null when it cannot be shown; <see cref="WhyNot"/> says why.</summary>
    public DeadLetterDetails? Letter { get; private set; }

    public string? WhyNot { get; private set; }

    public BodyView Body { get; private set; } = null!;

    /// <summary>Of the series that failed; none when the ledger has no rows of the task.</summary>
    public IReadOnlyList<AttemptRow> Attempts { get; private set; } = [];

    /// <summary>True when the ledger has the task, so that there is a timeline to look at.</summary>
    public bool HasTask { get; private set; }

    public string? TraceId => Letter?.Headers.FirstOrDefault(header => header.Key == TaskHeaders.TraceParent).Value is { Length: 55 } parent
        && parent[2] == '-' && parent[35] == '-' && parent[3..35].All(char.IsAsciiHexDigitLower) ? parent[3..35] : null;

    public async Task<IActionResult> OnGetAsync(string id, CancellationToken cancellationToken)
    {
        Id = id;
        var found = await reads.FindAsync(id, cancellationToken);
        if (!found.IsKnown)
        {
            WhyNot = $"This dead letter cannot be shown now: {found.WhyUnknown}.";
            Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
        else if (found.Value.Value is { } letter)
        {
            (Letter, Body) = (letter, BodyView.Of(letter.Body));
            var task = letter.Row.TaskId is { } taskId && TaskName.IsValid(taskId) ? (await ledger.FindAsync(taskId, cancellationToken)).Value?.Details : null;
            HasTask = task is not null;
            Attempts = task is null ? [] : [.. task.Attempts.Where(attempt => attempt.Series == letter.Row.Series).OrderBy(attempt => attempt.Attempt).ThenBy(attempt => attempt.Epoch)];
        }
        else
        {
            WhyNot = "The archive has no dead letter with this id. One that failed a moment ago is there once the archivist has taken it from the broker.";
            Response.StatusCode = StatusCodes.Status404NotFound;
        }
        return Page();
    }
}
