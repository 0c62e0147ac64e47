using System.Text.Json;
using Consumers.Core;
using Consumers.Host.DeadLetters;
using Consumers.Host.Monitoring;
using Microsoft.Net.Http.Headers;

namespace Consumers.Host.Api;

/// <summary>Dead letters: list, causes, one, its bytes, what an operation would do, export; replay and discard of one.</summary>
internal static class DeadLetterEndpoints
{
    private const int DefaultLimit = 50;

    public static void MapDeadLetters(this WebApplication app)
    {
        var group = app.MapGroup("/api/dead-letters").WithTags("dead letters");
        group.MapGet("", ListAsync).WithSummary("Dead letters, newest first; hand `next` back as `after`. `limit` is 1–200, default 50.")
            .Produces<DeadLetterListView>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        group.MapGet("/causes", CausesAsync).WithSummary("What they failed of, the cause with most dead letters first; ids and numbers in errors are masked out. Of the filter, module, type, reason, cause and state count.")
            .Produces<CauseListView>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        group.MapGet("/export", DeadLetterExport.GetAsync).WithSummary("All that match, streamed, newest first; `format` is ndjson or csv. Not capped. With `bodies=true` NDJSON carries bodies and headers. Cells of the CSV are safe from formulas.")
            .Produces(StatusCodes.Status200OK, contentType: DeadLetterExport.NdJson, additionalContentTypes: [DeadLetterExport.Csv]).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        group.MapPost("/preview", PreviewAsync).WithSummary("What an operation would do now, without doing it. Its count and cut-off start the operation.")
            .Accepts<ChoiceBody>(RequestBody.Json).Produces<PreviewView>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        group.MapGet("/{id}", FindAsync).WithSummary("One dead letter with its headers and its body.")
            .Produces<DeadLetterView>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        group.MapGet("/{id}/body", BodyAsync).WithSummary("The bytes as they are, as an attachment.")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream").ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        group.MapPost("/{id}/replay", ReplayAsync).WithSummary("Replay one, as it is, or with another payload as a new task that is linked to it.")
            .Accepts<ReplayBody>(isOptional: true, RequestBody.Json).Produces<OperationView>(StatusCodes.Status202Accepted).ProducesRefusals();
        group.MapPost("/{id}/discard", DiscardAsync).WithSummary("Discard one: it stays in the archive, and is no longer dead.")
            .Accepts<DiscardBody>(isOptional: true, RequestBody.Json).Produces<OperationView>(StatusCodes.Status202Accepted).ProducesRefusals();
    }

    private static async Task<IResult> ListAsync([AsParameters] DeadLetterQuery query, string? after, int? limit, HttpContext context, DeadLetterReads reads)
    {
        var (filter, refusal) = query.Read();
        if ((DeadLetterQuery.RefuseUnknown(context.Request, "after", "limit") ?? refusal) is { } refused)
        {
            return refused;
        }
        var page = await reads.ListAsync(filter!, after, Math.Clamp(limit ?? DefaultLimit, 1, 200), context.RequestAborted);
        return page.IsKnown
            ? Results.Ok(new DeadLetterListView([.. page.Value.Items.Select(DeadLetterView.From)], page.Value.Next))
            : Away(context, page.WhyUnknown);
    }

    private static async Task<IResult> CausesAsync([AsParameters] DeadLetterQuery query, int? limit, HttpContext context, DeadLetterReads reads)
    {
        var (filter, refusal) = query.Read();
        if ((DeadLetterQuery.RefuseUnknown(context.Request, "limit") ?? refusal) is { } refused)
        {
            return refused;
        }
        var causes = await reads.CausesAsync(filter!, Math.Clamp(limit ?? DefaultLimit, 1, 200), context.RequestAborted);
        return causes.IsKnown ? Results.Ok(new CauseListView([.. causes.Value.Select(CauseView.From)])) : Away(context, causes.WhyUnknown);
    }

    private static async Task<IResult> FindAsync(string id, HttpContext context, DeadLetterReads reads)
    {
        var found = await reads.FindAsync(id, context.RequestAborted);
        return !found.IsKnown ? Away(context, found.WhyUnknown) : found.Value.Value is { } details ? Results.Ok(DeadLetterView.From(details)) : NotThere();
    }

    private static async Task<IResult> BodyAsync(string id, HttpContext context, DeadLetterReads reads)
    {
        var found = await reads.FindAsync(id, context.RequestAborted);
        if (found.Value?.Value is not { } details)
        {
            return found.IsKnown ? NotThere() : Away(context, found.WhyUnknown);
        }
        // Whatever the bytes are, no browser may take them for a page: a neutral type, a file name of ours, and nosniff as everywhere.
        context.Response.Headers[HeaderNames.ContentDisposition] = $"attachment; filename=\"dead-letter-{new string([.. id.Where(c => char.IsAsciiLetterOrDigit(c) || c is '-')])}.bin\"";
        return Results.Bytes(details.Body, "application/octet-stream");
    }

    private static async Task<IResult> PreviewAsync(HttpContext context, OperationSwitch operations)
    {
        var (body, refusal) = await StrictBody.ReadAsync<ChoiceBody>(context, OperationEndpoints.BodyCap, """{"kind":"replay","filter":{"type":"email"}} or {"kind":"replay","ids":["…"]}""");
        if (refusal is not null)
        {
            return refusal;
        }
        var (choice, wrong) = OperationEndpoints.ReadChoice(body!.Kind, body.Filter, body.Ids);
        if (wrong is not null)
        {
            return wrong;
        }
        var answer = await operations.PreviewAsync(choice!, context.RequestAborted);
        return answer.Value is { } preview
            ? Results.Ok(new PreviewView(preview.Count, preview.CutOff, preview.ReplayedBefore, preview.Busy))
            : OperationEndpoints.NotDone(context, answer.WhyNot!, answer.IsRefused);
    }

    private static async Task<IResult> ReplayAsync(string id, HttpContext context, DeadLetterReads reads, OperationSwitch operations, TaskIntake intake)
    {
        var (body, refusal) = await StrictBody.ReadAsync(context, 2 * intake.MaxBodyBytes, """{"payload":{"to":"ada@example.com"},"by":"Ada","why":"…"}; it may be left out""", new ReplayBody(null, null, null, default, default));
        if (refusal is not null)
        {
            return refusal;
        }
        var edited = body!.Payload.ValueKind != JsonValueKind.Undefined ? body.Payload : body.Message;
        if (edited.ValueKind == JsonValueKind.Undefined)
        {
            return await StartOneAsync(OperationKind.Replay, id, body.Operation, body.By, body.Why, context, operations);
        }
        if (OperationEndpoints.RefuseId(body.Operation) is { } badId)
        {
            return badId;
        }
        var found = await reads.FindAsync(id, context.RequestAborted);
        if (found.Value?.Value is not { } details)
        {
            return found.IsKnown ? NotThere() : Away(context, found.WhyUnknown);
        }
        var isTask = BodyView.Of(details.Body).Task is not null;
        if (isTask != (body.Payload.ValueKind != JsonValueKind.Undefined) || (isTask && body.Message.ValueKind != JsonValueKind.Undefined))
        {
            return Problems.Of(StatusCodes.Status422UnprocessableEntity, "Not to be edited like this", isTask
                ? "This dead letter is a task: send its new payload as 'payload', and no 'message'."
                : "This dead letter is no task: send the whole message, mended, as 'message'.", isTask ? "/message" : "/payload", "does not fit this dead letter");
        }
        var (message, error) = EditedTask.Compose(details.Body, edited.GetRawText(), intake.MaxBodyBytes);
        if (error is not null)
        {
            return Problems.Of(StatusCodes.Status422UnprocessableEntity, "Not a task", error, isTask ? "/payload" : "/message", error);
        }
        var answer = await operations.ReplayEditedAsync(body.Operation ?? OperationSwitch.NewId(), id, message, body.By, body.Why, PauseSwitch.Api, context.RequestAborted);
        return OperationEndpoints.Started(context, answer);
    }

    private static async Task<IResult> DiscardAsync(string id, HttpContext context, OperationSwitch operations)
    {
        var (body, refusal) = await StrictBody.ReadAsync(context, OperationEndpoints.ChangeCap, """{"by":"Ada","why":"…"}; it may be left out""", new DiscardBody(null, null, null));
        return refusal ?? await StartOneAsync(OperationKind.Discard, id, body!.Operation, body.By, body.Why, context, operations);
    }

    private static async Task<IResult> StartOneAsync(OperationKind kind, string id, string? operation, string? by, string? why, HttpContext context, OperationSwitch operations)
    {
        if (OperationEndpoints.RefuseId(operation) is { } badId)
        {
            return badId;
        }
        // Asked twice, the entry is no longer dead, and a preview would count none: the operation that took it is the answer.
        if (operation is not null && await operations.FindAsync(operation, context.RequestAborted) is { } started)
        {
            return OperationEndpoints.Started(context, new(started, null, false));
        }
        var choice = new OperationChoice(kind, null, [id]);
        var preview = await operations.PreviewAsync(choice, context.RequestAborted);
        if (preview.Value is not { } now)
        {
            return OperationEndpoints.NotDone(context, preview.WhyNot!, preview.IsRefused);
        }
        if (now.Count != 1)
        {
            return Problems.Of(StatusCodes.Status409Conflict, "Not dead now", now.Busy > 0 ? "Another operation has this dead letter in its hands." : "There is no dead letter with this id that is dead now: it was replayed or discarded, or never was.");
        }
        var order = new OperationOrder(operation ?? OperationSwitch.NewId(), choice, now.CutOff, 1, by ?? "", why);
        return OperationEndpoints.Started(context, await operations.StartAsync(order, PauseSwitch.Api, context.RequestAborted));
    }

    private static IResult NotThere() =>
        Problems.Of(StatusCodes.Status404NotFound, "No such dead letter", "The archive has no dead letter with this id. One that failed a moment ago is there once the archivist has taken it from the broker.");

    private static IResult Away(HttpContext context, string why) => Problems.Unavailable(context, "The ledger is away", $"{why}. Dead letters wait in the broker meanwhile.");
}
