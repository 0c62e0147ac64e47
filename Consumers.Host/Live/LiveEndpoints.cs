using System.Text;
using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.Monitoring;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Live;

/// <summary><c>/events</c>: what happens, as server-sent events.</summary>
internal static class LiveEndpoints
{
    /// <summary>Then the page comes back with the id of the last event: who has signed out meanwhile is refused.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    public static void AddLive(this IServiceCollection services)
    {
        services.AddSingleton(provider => new LiveHub(provider.GetRequiredService<InstanceIdentity>().RunId, provider.GetRequiredService<IOptions<DashboardOptions>>().Value.MaxStreams));
        services.AddSingleton<LiveLoop>();
        services.AddHostedService(provider => provider.GetRequiredService<LiveLoop>());
    }

    public static void MapLive(this WebApplication app) => app.MapGet("/events", StreamAsync)
        .WithTags("fleet")
        .WithSummary("Server-sent events: snapshots of the fleet, two a second at most, and notices of what happens. Resumes after Last-Event-ID, or after the query's 'after'.")
        .Produces(StatusCodes.Status200OK, contentType: "text/event-stream")
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static async Task StreamAsync(HttpContext context, LiveHub hub, TimeProvider time, string? after)
    {
        using var listener = hub.Listen(context.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } last ? last : after);
        if (listener is null)
        {
            context.Response.Headers.RetryAfter = "10";
            await Problems.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "No more streams", "As many pages are live here as may be (Consumers:Dashboard:MaxStreams), or the host stops. Ask again in 10 s; every page and the API work without a stream.");
            return;
        }
        // A page that does not read holds up the write for ever; only an end of the connection ends that.
        using var drop = listener.Dropped.Register(context.Abort);
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        using var over = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, context.RequestAborted);
        try
        {
            await WriteAsync("retry: 2000\n\n");
            await foreach (var text in listener.Events.ReadAllAsync(either.Token))
            {
                await WriteAsync(text);
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
        }

        async Task WriteAsync(string text)
        {
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
}
