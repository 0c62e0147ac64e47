using Consumers.Core;
using Consumers.Host.Monitoring;

namespace Consumers.Host.Api;

/// <summary>Operations over dead letters: start, look at, pause, resume, cancel; and the audit.</summary>
internal static class OperationEndpoints
{
    /// <summary>Of a choice, in bytes: ten thousand ids fit.</summary>
    public const int BodyCap = 1024 * 1024;

    public const int ChangeCap = 4096;

    private const int DefaultLimit = 50;

    public static void MapOperations(this WebApplication app)
    {
        var group = app.MapGroup("/api/operations").WithTags("operations");
        group.MapPost("", StartAsync).WithSummary("Start a replay or a discard over a set that is frozen: the cut-off and the count are those of a preview. The same id again answers with the operation that was started then.")
            .Accepts<OperationBody>(RequestBody.Json).Produces<OperationView>(StatusCodes.Status202Accepted).ProducesRefusals();
        group.MapGet("", ListAsync).WithSummary("Operations, newest first; hand `next` back as `after`.").Produces<OperationListView>().ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        group.MapGet("/{id}", FindAsync).WithSummary("One operation: how far it is.").Produces<OperationView>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        group.MapGet("/{id}/items", ItemsAsync).WithSummary("What became of its entries, in their order; `state` chooses those in one state.")
            .Produces<OperationItemListView>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        foreach (var change in Enum.GetValues<OperationChange>())
        {
            var verb = change.ToString().ToLowerInvariant();
            group.MapPost("/{id}/" + verb, (string id, HttpContext context, OperationSwitch operations) => ChangeAsync(id, change, context, operations))
                .WithSummary($"{change} it. What is published stays published. Asked twice it is one change.")
                .Accepts<ChangeBody>(isOptional: true, RequestBody.Json).Produces<OperationView>().ProducesRefusals();
        }
        app.MapGet("/api/audit", AuditAsync).WithTags("audit").WithSummary("Who did what, when, to how many, and what came of it; newest first. Hand `next` back as `after`.")
            .Produces<AuditListView>().ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    public static RouteHandlerBuilder ProducesRefusals(this RouteHandlerBuilder endpoint) => endpoint
        .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status422UnprocessableEntity).ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    /// <summary>The choice, or what is wrong with it.</summary>
    public static (OperationChoice? Choice, IResult? Refusal) ReadChoice(string? kind, DeadLetterQuery? filter, IReadOnlyList<string>? ids)
    {
        if (OperationNames.KindFrom(kind) is not { } what)
        {
            return (null, Wrong("/kind", "kind must be replay or discard"));
        }
        if ((filter is null) == (ids is null))
        {
            return (null, Wrong("/filter", "say either 'filter', which may be {} for all, or 'ids'"));
        }
        if (ids is not null)
        {
            return ids.Count is > 0 and <= OperationSwitch.MostIds && ids.All(id => !string.IsNullOrEmpty(id))
                ? (new(what, null, ids), null)
                : (null, Wrong("/ids", $"ids must be 1 to {OperationSwitch.MostIds} ids; for more use a filter"));
        }
        var (read, refusal) = filter!.Read();
        return refusal is not null ? (null, refusal)
            : read!.State is not (null or DeadLetterState.Dead) ? (null, Wrong("/filter/state", "an operation takes what is dead; leave the state out"))
            : (new(what, read, null), null);
    }

    /// <summary>Null for an id that may be used, or none.</summary>
    public static IResult? RefuseId(string? id) =>
        id is null || (id.Length <= 64 && TaskName.IsValid(id)) ? null : Wrong("/operation", "an operation's id has 1 to 64 characters of A-Z a-z 0-9 . _ : -");

    public static IResult Started(HttpContext context, Answer<Operation> answer) => answer.Value is { } operation
        ? Results.Accepted($"{context.Request.PathBase}/api/operations/{Uri.EscapeDataString(operation.Id)}", OperationView.From(operation))
        : NotDone(context, answer.WhyNot!, answer.IsRefused);

    public static IResult NotDone(HttpContext context, string why, bool isRefused) => isRefused
        ? Problems.Of(StatusCodes.Status409Conflict, "Not done", why)
        : Problems.Unavailable(context, "Not done now", why);

    private static async Task<IResult> StartAsync(HttpContext context, OperationSwitch operations)
    {
        var (body, refusal) = await StrictBody.ReadAsync<OperationBody>(context, BodyCap, """{"id":"…","kind":"replay","filter":{"type":"email"},"cutOff":812,"expectedCount":412,"rate":50}""");
        if (refusal is not null)
        {
            return refusal;
        }
        var (choice, wrong) = ReadChoice(body!.Kind, body.Filter, body.Ids);
        if ((RefuseId(body.Id) ?? wrong ?? RefuseBounds(body)) is { } refused)
        {
            return refused;
        }
        var order = new OperationOrder(body.Id ?? OperationSwitch.NewId(), choice!, body.CutOff!.Value, body.ExpectedCount!.Value, body.By ?? "", body.Why, body.Rate, body.Canary ?? 0, body.StopAtFailurePercent ?? 50);
        return Started(context, await operations.StartAsync(order, PauseSwitch.Api, context.RequestAborted));
    }

    private static IResult? RefuseBounds(OperationBody body) =>
        body.CutOff is not >= 0 ? Wrong("/cutOff", "cutOff is missing: ask /api/dead-letters/preview, and hand its cutOff and count back as cutOff and expectedCount")
        : body.ExpectedCount is not >= 1 ? Wrong("/expectedCount", "expectedCount must be the count of the preview, at least 1")
        : body.Rate is { } rate && !(rate >= OperationSwitch.MinRate && rate <= OperationSwitch.MaxRate) ? Wrong("/rate", "rate must be 0.1 to 10000 a second")
        : body.Canary is < 0 ? Wrong("/canary", "canary must be 0 or more")
        : body.StopAtFailurePercent is < 1 or > 100 ? Wrong("/stopAtFailurePercent", "stopAtFailurePercent must be 1 to 100")
        : null;

    private static async Task<IResult> ListAsync(string? after, int? limit, HttpContext context, DeadLetterReads reads)
    {
        var most = Math.Clamp(limit ?? DefaultLimit, 1, 200);
        var page = await reads.OperationsAsync(after, most, context.RequestAborted);
        return page.IsKnown
            ? Results.Ok(new OperationListView([.. page.Value.Select(OperationView.From)], page.Value.Count < most ? null : page.Value[^1].Id))
            : Problems.Unavailable(context, "The ledger is away", $"{page.WhyUnknown}.");
    }

    private static async Task<IResult> FindAsync(string id, HttpContext context, DeadLetterReads reads)
    {
        var found = await reads.FindOperationAsync(id, context.RequestAborted);
        return !found.IsKnown ? Problems.Unavailable(context, "The ledger is away", $"{found.WhyUnknown}.")
            : found.Value.Value is { } operation ? Results.Ok(OperationView.From(operation)) : NotThere();
    }

    private static async Task<IResult> ItemsAsync(string id, string? state, string? after, int? limit, HttpContext context, DeadLetterReads reads)
    {
        if (!string.IsNullOrEmpty(state) && OperationNames.ItemStateFrom(state) is null)
        {
            return Wrong("/state", $"state must be one of {string.Join(", ", Enum.GetValues<OperationItemState>().Select(known => known.ToWire()))}");
        }
        var most = Math.Clamp(limit ?? DefaultLimit, 1, 200);
        var items = await reads.ItemsAsync(id, OperationNames.ItemStateFrom(state), after, most, context.RequestAborted);
        return items.IsKnown
            ? Results.Ok(new OperationItemListView([.. items.Value.Select(OperationItemView.From)], items.Value.Count < most ? null : items.Value[^1].DeadLetterId))
            : Problems.Unavailable(context, "The ledger is away", $"{items.WhyUnknown}.");
    }

    private static async Task<IResult> ChangeAsync(string id, OperationChange change, HttpContext context, OperationSwitch operations)
    {
        var (body, refusal) = await StrictBody.ReadAsync(context, ChangeCap, """{"by":"Ada"}; it may be left out""", new ChangeBody());
        if (refusal is not null)
        {
            return refusal;
        }
        var answer = await operations.ChangeAsync(id, change, body!.By, PauseSwitch.Api, context.RequestAborted);
        return answer.WhyNot is { } why ? NotDone(context, why, answer.IsRefused) : answer.Value is { } operation ? Results.Ok(OperationView.From(operation)) : NotThere();
    }

    private static async Task<IResult> AuditAsync(string? action, long? after, int? limit, HttpContext context, DeadLetterReads reads)
    {
        var most = Math.Clamp(limit ?? DefaultLimit, 1, 200);
        var entries = await reads.AuditAsync(string.IsNullOrEmpty(action) ? null : action, after, most, context.RequestAborted);
        return entries.IsKnown
            ? Results.Ok(new AuditListView(entries.Value, entries.Value.Count < most ? null : entries.Value[^1].Row))
            : Problems.Unavailable(context, "The ledger is away", $"{entries.WhyUnknown}.");
    }

    private static IResult NotThere() => Problems.Of(StatusCodes.Status404NotFound, "No such operation", "The ledger has no operation with this id.");

    private static IResult Wrong(string pointer, string error) => Problems.Of(StatusCodes.Status400BadRequest, "Not understood", $"{char.ToUpperInvariant(error[0])}{error[1..]}.", pointer, error);
}
