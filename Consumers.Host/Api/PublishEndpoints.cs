using System.Text.Json;
using Consumers.Core;
using Microsoft.Net.Http.Headers;

namespace Consumers.Host.Api;

/// <summary>POST: tasks come in. What is answered 202 is a row in the ledger.</summary>
internal static class PublishEndpoints
{
    public static void MapPublishing(this RouteGroupBuilder module)
    {
        module.MapPost("/tasks", PublishOneAsync)
            .WithSummary("Accept one task; durable when it answers.")
            .Accepts<JsonElement>(RequestBody.Json)
            .Produces<AcceptedView>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        module.MapPost("/tasks/batch", PublishBatchAsync)
            .WithSummary($"Accept up to {BatchReader.MaxTasks} tasks: a JSON array, or NDJSON. Those that are wrong are named, the others are accepted.")
            .Accepts<JsonElement>(RequestBody.Json, [.. RequestBody.NdJson])
            .Produces<BatchView>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<IResult> PublishOneAsync(string module, HttpContext context, TaskIntake intake, TaskAcceptor acceptor, Monitoring.LedgerReads ledger)
    {
        var (body, refusal) = await RequestBody.ReadAsync(context, intake.MaxBodyBytes, "Consumers:MaxBodyBytes", RequestBody.Json);
        if (refusal is not null)
        {
            return refusal;
        }
        var (message, wrong) = intake.Read(body);
        if (message is null)
        {
            return wrong!.ToResult();
        }
        var (results, whyNot) = await acceptor.AcceptAsync(module, [message], context.RequestAborted);
        if (results is null)
        {
            return Problems.Unavailable(context, "Not accepted now", whyNot!);
        }
        if (results[0] == EnqueueResult.Conflict)
        {
            return TaskRefusal.Conflict.ToResult();
        }
        var status = results[0] == EnqueueResult.AlreadyThere && (await ledger.FindAsync(message.Id, context.RequestAborted)).Value?.Details is { } known
            ? known.Task.State
            : TaskState.Queued;
        return Results.Accepted($"{context.Request.PathBase}/api/{module}/tasks/{message.Id}", new AcceptedView(message.Id, status.ToWire()));
    }

    private static async Task<IResult> PublishBatchAsync(string module, HttpContext context, TaskIntake intake, TaskAcceptor acceptor)
    {
        var (body, refusal) = await RequestBody.ReadAsync(context, RequestBody.BatchCap, "32 MiB a batch", [RequestBody.Json, .. RequestBody.NdJson]);
        if (refusal is not null)
        {
            return refusal;
        }
        List<ReadOnlyMemory<byte>> parts;
        try
        {
            var isArray = MediaTypeHeaderValue.Parse(context.Request.ContentType).MediaType.Equals(RequestBody.Json, StringComparison.OrdinalIgnoreCase);
            parts = isArray ? BatchReader.CutArray(body) : BatchReader.CutLines(body);
        }
        catch (JsonException e)
        {
            return Problems.Of(StatusCodes.Status400BadRequest, "Not a batch", "The body is not a JSON array of tasks; nothing was accepted.", "", TaskHeaders.CleanError(e.Message));
        }
        if (parts.Count > BatchReader.MaxTasks)
        {
            return Problems.Of(StatusCodes.Status413PayloadTooLarge, "Too many tasks", $"A batch may hold at most {BatchReader.MaxTasks} tasks; nothing was accepted. Send several.");
        }
        var (accepted, rejected, whyNot) = await AcceptPartsAsync(module, parts, intake, acceptor, context.RequestAborted);
        if (whyNot is not null)
        {
            return Problems.Unavailable(context, "Not accepted now", whyNot);
        }
        return accepted.Count == 0 && rejected.Count > 0
            ? Results.Problem($"None of {parts.Count} tasks was accepted.", statusCode: StatusCodes.Status422UnprocessableEntity, title: "No task accepted",
                extensions: new Dictionary<string, object?> { ["accepted"] = 0, ["ids"] = accepted, ["rejected"] = rejected })
            : Results.Json(new BatchView(accepted.Count, accepted, rejected), statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<(List<string> Accepted, List<RejectedView> Rejected, string? WhyNot)> AcceptPartsAsync(
        string module, List<ReadOnlyMemory<byte>> parts, TaskIntake intake, TaskAcceptor acceptor, CancellationToken cancellationToken)
    {
        var (messages, indexes, rejected) = (new List<TaskMessage>(parts.Count), new List<int>(parts.Count), new List<RejectedView>());
        for (var i = 0; i < parts.Count; i++)
        {
            var (message, wrong) = intake.Read(parts[i]);
            if (message is null)
            {
                rejected.Add(new(i, wrong!.Error));
                continue;
            }
            messages.Add(message);
            indexes.Add(i);
        }
        var (results, whyNot) = await acceptor.AcceptAsync(module, messages, cancellationToken);
        var accepted = new List<string>(messages.Count);
        for (var i = 0; i < (results?.Count ?? 0); i++)
        {
            if (results![i] is EnqueueResult.Conflict or EnqueueResult.Unconfirmed)
            {
                rejected.Add(new(indexes[i], (results[i] == EnqueueResult.Conflict ? TaskRefusal.Conflict : TaskRefusal.Unconfirmed).Error));
            }
            else
            {
                accepted.Add(messages[i].Id);
            }
        }
        rejected.Sort((a, b) => a.Index.CompareTo(b.Index));
        return (accepted, rejected, whyNot);
    }
}
