using Consumers.Core;
using Consumers.Host.Monitoring;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages.Tasks;

/// <summary>One task: where it is now, and how it came there.</summary>
internal sealed class DetailsModel(LedgerReads ledger, DeadLetterReads letters, FleetWatch watch, TaskBreakers breakers, IPauses pauses, OrphanWatch orphans, RetrySchedule schedule, TimeProvider time) : PageModel
{
    public string Id { get; private set; } = "";

    /// <summary>Null when it cannot be shown; <see cref="WhyNot"/> says why.</summary>
    public TaskStory? Story { get; private set; }

    public string? WhyNot { get; private set; }

    /// <summary>The archive's entry of this task; null when it was never dead-lettered, or that cannot be said now.</summary>
    public DeadLetterRow? DeadLetter { get; private set; }

    public async Task<IActionResult> OnGetAsync(string id, CancellationToken cancellationToken)
    {
        Id = id;
        var found = TaskName.IsValid(id) ? await ledger.FindAsync(id, cancellationToken) : new(new(null), null);
        if (!found.IsKnown)
        {
            WhyNot = $"This task cannot be shown now: {found.WhyUnknown}.";
            Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
        else if (found.Value.Details is { } details)
        {
            var connection = watch.Transport(details.Task.Module) is { } transport ? (await transport.SnapshotAsync(cancellationToken)).Connection : null;
            var breaker = breakers.PausesOf(details.Task.Module).FirstOrDefault(pause => pause.Type == details.Task.Type);
            Story = new TaskStory(details, connection, pauses.Current.Holding(details.Task.Module, details.Task.Type), breaker, schedule, time.GetUtcNow())
            {
                IsOrphaned = (await orphans.ListAsync(details.Task.Module, details.Task.Id, 1, cancellationToken)).Value is { Count: > 0 },
            };
            DeadLetter = (await letters.FindByTaskAsync(details.Task.Module, details.Task.Id, cancellationToken)).Value?.Value;
        }
        else
        {
            WhyNot = TaskName.IsValid(id)
                ? "The ledger has no task with this id. One that went straight to the broker is here once a consumer has taken it; one that ended long ago may have been removed."
                : $"This is no task's id: an id has {TaskName.Rule}.";
            Response.StatusCode = StatusCodes.Status404NotFound;
        }
        return Page();
    }
}
