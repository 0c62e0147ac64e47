using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.Handlers;
using Consumers.Host.Hosting;
using Consumers.Host.Monitoring;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages.Rabbit;

/// <summary>The module's queues, retry tiers, lanes and recent tasks, and a form to publish.</summary>
internal sealed class IndexModel(LedgerReads ledger, FleetWatch watch, TaskIntake intake, TaskAcceptor acceptor, TaskBreakers breakers, TimeProvider time) : PageModel
{
    private const string Module = ModuleSwitches.Rabbit;
    private const int RecentTasks = 20;

    public TransportSnapshot Snapshot { get; private set; } = null!;

    /// <summary>Task types that this instance does not run for now.</summary>
    public IReadOnlyList<TypePause> Pauses { get; private set; } = [];

    public Known<WaitingRetries> Waiting { get; private set; } = null!;

    public Known<TaskPage> Recent { get; private set; } = null!;

    [BindProperty]
    public PublishForm Form { get; set; } = new();

    /// <summary>What came of the last form, in words; shown once.</summary>
    [TempData]
    public string? Result { get; set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken) => await ShowAsync(cancellationToken);

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        var messages = ModelState.IsValid ? Form.ToMessages(intake, time.GetUtcNow(), (member, error) => ModelState.AddModelError($"{nameof(Form)}.{member}", error)) : [];
        if (!ModelState.IsValid)
        {
            Response.StatusCode = StatusCodes.Status400BadRequest;
            return await ShowAsync(cancellationToken);
        }
        var (results, whyNot) = await acceptor.AcceptAsync(Module, messages, cancellationToken);
        if (results is null)
        {
            ModelState.AddModelError("", $"Nothing was accepted. {whyNot}");
            Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return await ShowAsync(cancellationToken);
        }
        Result = $"Accepted {Words.Count(messages.Count, "task", "tasks")} of type {Form.Type}: safe in the ledger, and on the way to the queue.";
        return Redirect($"{Request.PathBase}/{Module}");
    }

    public static IReadOnlyDictionary<string, string> Examples => BuiltInHandlers.ExamplePayloads;

    private async Task<IActionResult> ShowAsync(CancellationToken cancellationToken)
    {
        if (watch.Transport(Module) is not { } transport)
        {
            return NotFound();
        }
        var waiting = ledger.WaitingRetriesAsync(Module, cancellationToken);
        var recent = ledger.ListAsync(new TaskFilter(Module), null, RecentTasks, cancellationToken);
        Snapshot = await transport.SnapshotAsync(cancellationToken);
        Pauses = breakers.PausesOf(Module);
        (Waiting, Recent) = (await waiting, await recent);
        return Page();
    }
}
