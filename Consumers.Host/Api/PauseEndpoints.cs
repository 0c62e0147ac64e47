using Consumers.Core;

namespace Consumers.Host.Api;

/// <summary>POST: a module, or one of its task types, is paused and resumed for the whole fleet.</summary>
internal static class PauseEndpoints
{
    private const int BodyCap = 4096;

    public static void MapPauses(this RouteGroupBuilder module)
    {
        const string Within = "every instance obeys within a second, also one that starts later. Asked twice it is one pause. Durable when it answers.";
        Describe(module.MapPost("/pause", PauseAsync), $"Take no tasks of the module: what runs ends, what has not begun goes back to the queue; {Within}");
        Describe(module.MapPost("/resume", ResumeAsync), "Take tasks of the module again. Types that are paused by themselves stay so.");
        Describe(module.MapPost("/types/{type}/pause", PauseAsync), $"Begin no tasks of the type; others of the module run. Its tasks wait in the retry queues and pay no attempt; {Within}");
        Describe(module.MapPost("/types/{type}/resume", ResumeAsync), "Begin tasks of the type again.");
    }

    private static void Describe(RouteHandlerBuilder endpoint, string summary) => endpoint
        .WithTags("pauses")
        .WithSummary(summary)
        .Accepts<PauseBody>(isOptional: true, RequestBody.Json)
        .Produces<PauseAnswer>()
        .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static Task<IResult> PauseAsync(string module, string? type, HttpContext context, PauseSwitch pauses) => ChangeAsync(pauses.PauseAsync, module, type, context);

    private static Task<IResult> ResumeAsync(string module, string? type, HttpContext context, PauseSwitch pauses) => ChangeAsync(pauses.ResumeAsync, module, type, context);

    private delegate Task<(PauseChange? Change, string? WhyNot)> Change(string module, string? type, string? name, string? why, string door, CancellationToken cancellationToken);

    private static async Task<IResult> ChangeAsync(Change change, string module, string? type, HttpContext context)
    {
        if (type is not null && !TaskName.IsValid(type))
        {
            return Problems.Of(StatusCodes.Status400BadRequest, "Not a task type", $"A task type has {TaskName.Rule}.");
        }
        var (body, refusal) = await StrictBody.ReadAsync(context, BodyCap, "{\"by\":\"…\",\"why\":\"…\"}; it may be left out", new PauseBody());
        if (refusal is not null)
        {
            return refusal;
        }
        var (changed, whyNot) = await change(module, type, body?.By, body?.Why, PauseSwitch.Api, context.RequestAborted);
        return changed is null
            ? Problems.Unavailable(context, "Not done now", whyNot!)
            : Results.Ok(new PauseAnswer(module, type, changed.Pause is not null, changed.IsNew, changed.Pause?.Since, changed.Pause?.By, changed.Pause?.Why));
    }
}

/// <summary>Both are optional, for whoever looks at the pause later.</summary>
/// <param name="By">Who asks; nobody checks it. Cut after 40 characters.</param>
/// <param name="Why">Cut after 200 characters.</param>
internal sealed record PauseBody(string? By = null, string? Why = null);

/// <param name="Type">Null for the whole module.</param>
/// <param name="Paused">What holds now.</param>
/// <param name="Changed">False when it was so already.</param>
internal sealed record PauseAnswer(string Module, string? Type, bool Paused, bool Changed, DateTimeOffset? Since, string? By, string? Why);

/// <param name="Type">Null for the whole module.</param>
internal sealed record PauseView(string Module, string? Type, DateTimeOffset Since, string By, string? Why)
{
    public static PauseView From(Pause pause) => new(pause.Module, pause.Type, pause.Since, pause.By, pause.Why);
}
