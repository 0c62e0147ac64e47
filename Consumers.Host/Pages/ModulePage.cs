using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.Handlers;
using Consumers.Host.Monitoring;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages;

/// <summary>A module's page: what it shows is its own, the form to publish is the same for all.</summary>
internal abstract class ModulePage(TaskIntake intake, TaskAcceptor acceptor, TimeProvider time) : PageModel
{
    /// <summary>Lower case, as in the page's address.</summary>
    public abstract string Module { get; }

    protected TimeProvider Time { get; } = time;

    [BindProperty]
    public PublishForm Form { get; set; } = new();

    /// <summary>What came of the last form, in words; shown once.</summary>
    [TempData]
    public string? Result { get; set; }

    public static IReadOnlyDictionary<string, string> Examples => BuiltInHandlers.ExamplePayloads;

    /// <summary>The end of "Accepted 3 tasks of type sleep: ", for a module that does more or less than to write rows.</summary>
    protected virtual string Accepted => "safe in the ledger, and on the way to the queue.";

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken) => await ShowAsync(cancellationToken);

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        var messages = ModelState.IsValid ? Form.ToMessages(intake, Time.GetUtcNow(), (member, error) => ModelState.AddModelError($"{nameof(Form)}.{member}", error)) : [];
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
        var unconfirmed = results.Count(result => result == EnqueueResult.Unconfirmed);
        Result = $"Accepted {Words.Count(messages.Count - unconfirmed, "task", "tasks")} of type {Form.Type}: {Accepted}"
            + (unconfirmed > 0 ? $" The broker did not confirm {Words.Count(unconfirmed, "more task", "more tasks")}: they may or may not have arrived." : "");
        return Redirect($"{Request.PathBase}/{Module}");
    }

    /// <summary>Has the module's orphaned tasks published again.</summary>
    public async Task<IActionResult> OnPostOrphansAsync([FromServices] OrphanWatch orphans, [FromServices] InstanceIdentity instance, CancellationToken cancellationToken)
    {
        try
        {
            var published = await orphans.PublishAgainAsync(Module, null, PauseSwitch.By(null, PauseSwitch.Page, instance.Name), cancellationToken);
            Result = $"{Words.Count(published, "task goes", "tasks go")} out again, with the attempt that each of them owes.";
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Result = $"Nothing was published again: the ledger could not write ({TaskHeaders.CleanError(e.Message)}).";
        }
        return Redirect($"{Request.PathBase}/{Module}");
    }

    protected abstract Task<IActionResult> ShowAsync(CancellationToken cancellationToken);
}
