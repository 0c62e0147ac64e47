using System.Text.Encodings.Web;
using System.Text.Json;
using Consumers.Host.Monitoring;
using Consumers.Host.Security;
using Microsoft.OpenApi;

namespace Consumers.Host.Api;

/// <summary>The HTTP API of DESIGN §10.</summary>
internal static class TaskApi
{
    public static void AddTaskApi(this IServiceCollection services)
    {
        services.AddSingleton<TaskIntake>();
        services.AddSingleton<TaskAcceptor>();
        services.AddSingleton<PauseSwitch>();
        services.AddSingleton<OperationSwitch>();
        services.AddProblemDetails();
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
            // The framework's own lets through what turns text around; an answer may end on a terminal.
            json.SerializerOptions.Encoder = JavaScriptEncoder.Default;
        });
        services.AddOpenApi(openApi => openApi.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "Consumers";
            document.Info.Description = "Publish tasks to the fleet, see what becomes of them, pause what must not run, and replay or discard what was given up on.";
            document.Components ??= new();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes["key"] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = AccessHandler.HeaderName,
                Description = "CONSUMERS_API_KEY, where the host has one.",
            };
            return Task.CompletedTask;
        }));
    }

    public static void MapTaskApi(this WebApplication app)
    {
        app.MapOpenApi();
        app.MapGet("/api/fleet", FleetEndpoints.GetAsync).WithTags("fleet").WithSummary("Instances, dependencies, pauses, counts and throughput.").Produces<FleetView>();
        app.MapDeadLetters();
        app.MapOperations();
        var module = app.MapGroup("/api/{module}").WithTags("tasks").AddEndpointFilter(RequireModuleAsync);
        module.MapPublishing();
        module.MapTasks();
        module.MapOrphans();
        module.MapPauses();
    }

    private static async ValueTask<object?> RequireModuleAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var watch = invocation.HttpContext.RequestServices.GetRequiredService<FleetWatch>();
        var module = (string?)invocation.HttpContext.GetRouteValue("module") ?? "";
        return watch.Transport(module) is not null
            ? await next(invocation)
            : Problems.Of(StatusCodes.Status404NotFound, "No such module", $"This host has no module '{module}'. Its modules: {string.Join(", ", watch.Transports.Select(transport => transport.Module))}.");
    }
}
