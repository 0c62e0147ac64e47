using Consumers.Core;
using Consumers.Host.Monitoring;

namespace Consumers.Host.Health;

internal static class HealthEndpoints
{
    public static void MapHealth(this WebApplication app)
    {
        var health = app.MapGroup("/health").AllowAnonymous().WithTags("health");
        health.MapGet("/live", Live).WithSummary("The process is alive. Touches no dependency.");
        health.MapGet("/ready", Ready).WithSummary("Whether this instance can work: 200 also when degraded, 503 when it cannot or drains.");
    }

    private static IResult Live(InstanceIdentity instance) =>
        TypedResults.Ok(new { status = "healthy", version = InstanceIdentity.Version, instance = instance.Name });

    /// <summary>Everybody may ask whether it works. Why a dependency does not names folders and addresses: that is for whoever may see the pages.</summary>
    private static IResult Ready(HttpContext context, FleetWatch watch, DrainSignals drain, InstanceIdentity instance)
    {
        var mayKnowWhy = context.User.Identity is { IsAuthenticated: true };
        var checks = watch.Dependencies;
        var status = drain.Draining.IsCancellationRequested ? "draining"
            : watch.IsVitalDown ? "unhealthy"
            : checks.Any(check => check.Health != DependencyHealth.Up) ? "degraded"
            : "healthy";
        return TypedResults.Json(
            new ReadyAnswer(status, InstanceIdentity.Version, instance.Name, [.. checks.Select(check => ReadyCheck.Of(check, mayKnowWhy))]),
            statusCode: status is "healthy" or "degraded" ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}

internal sealed record ReadyAnswer(string Status, string Version, string Instance, IReadOnlyList<ReadyCheck> Checks);

internal sealed record ReadyCheck(string Name, string Status, DateTimeOffset Since, string? Description)
{
    /// <param name="mayKnowWhy">Without it there is no description.</param>
    public static ReadyCheck Of(DependencyState state, bool mayKnowWhy) => new(
        state.Name,
        state.Health switch { DependencyHealth.Up => "healthy", DependencyHealth.Degraded => "degraded", _ => "unhealthy" },
        state.Since,
        mayKnowWhy ? state.Description : null);
}
