using Consumers.Core;
using Consumers.Host.Monitoring;

namespace Consumers.Host.Api;

/// <summary>Tasks whose message is gone: which they are, and publishing them again.</summary>
internal static class OrphanEndpoints
{
    private const int BodyCap = 4096;
    private const int DefaultLimit = 50;

    public static void MapOrphans(this RouteGroupBuilder module)
    {
        module.MapGet("/orphans", ListAsync)
            .WithSummary("Tasks that are due or begun for long and whose message is in no queue. Nothing is said, and `before` is null, until the broker was seen empty several times in a row.")
            .Produces<OrphanListView>().ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        module.MapPost("/orphans/publish", PublishAsync)
            .WithSummary("Publish them again, all or one: each goes on with the attempt that it owes. Durable when it answers, and in the audit; asked twice it does no harm.")
            .Accepts<OrphanBody>(isOptional: true, RequestBody.Json)
            .Produces<OrphanAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    /// <param name="limit">1–1000; default 50.</param>
    private static async Task<IResult> ListAsync(string module, int? limit, HttpContext context, OrphanWatch orphans)
    {
        var found = await orphans.ListAsync(module, null, Math.Clamp(limit ?? DefaultLimit, 1, OrphanWatch.MostCounted), context.RequestAborted);
        return found.IsKnown
            ? Results.Ok(new OrphanListView(orphans.Of(module)?.Before, orphans.Of(module)?.Count, [.. found.Value.Select(TaskView.Listed)]))
            : Problems.Unavailable(context, "The ledger is away", $"{found.WhyUnknown}.");
    }

    private static async Task<IResult> PublishAsync(string module, HttpContext context, OrphanWatch orphans, InstanceIdentity instance)
    {
        var (body, refusal) = await StrictBody.ReadAsync(context, BodyCap, "{\"id\":\"…\",\"by\":\"…\"}; it may be left out", new OrphanBody());
        if (refusal is not null)
        {
            return refusal;
        }
        if (body?.Id is { } id && !TaskName.IsValid(id))
        {
            return Problems.Of(StatusCodes.Status400BadRequest, "Not a task's id", $"An id has {TaskName.Rule}.");
        }
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        timeout.CancelAfter(PauseSwitch.Patience);
        try
        {
            return Results.Ok(new OrphanAnswer(await orphans.PublishAgainAsync(module, body?.Id, PauseSwitch.By(body?.By, PauseSwitch.Api, instance.Name), timeout.Token)));
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            return Problems.Unavailable(context, "Not done now", $"The ledger did not write: {TaskHeaders.CleanError(e.Message)} Ask again: asking twice does no harm.");
        }
    }
}

/// <param name="Before">What was due before this and has not moved since; null while nothing can be said.</param>
/// <param name="Count">When it was looked last; at most 1000.</param>
internal sealed record OrphanListView(DateTimeOffset? Before, int? Count, IReadOnlyList<TaskView> Items);

/// <param name="Id">Only this task; left out, all of the module.</param>
/// <param name="By">Who asks; nobody checks it. Cut after 40 characters.</param>
internal sealed record OrphanBody(string? Id = null, string? By = null);

/// <param name="Published">How many are on their way to the queue.</param>
internal sealed record OrphanAnswer(int Published);
