using Microsoft.AspNetCore.Mvc;

namespace Consumers.Host.Api;

/// <summary>Errors as RFC 9457 problem details.</summary>
internal static class Problems
{
    public static IResult Of(int status, string title, string detail, string? pointer = null, string? error = null)
    {
        var extensions = new Dictionary<string, object?>();
        if (error is not null)
        {
            extensions["errors"] = new Dictionary<string, string[]> { [pointer ?? ""] = [error] };
        }
        return Results.Problem(detail, statusCode: status, title: title, extensions: extensions);
    }

    /// <summary>For a time that is no fault of the caller's: says when to come back.</summary>
    public static IResult Unavailable(HttpContext context, string title, string detail)
    {
        context.Response.Headers.RetryAfter = "5";
        return Of(StatusCodes.Status503ServiceUnavailable, title, detail);
    }

    public static async Task WriteAsync(HttpContext context, int status, string title, string detail)
    {
        context.Response.StatusCode = status;
        var problem = new ProblemDetails { Status = status, Title = title, Detail = detail };
        await context.RequestServices.GetRequiredService<IProblemDetailsService>().TryWriteAsync(new() { HttpContext = context, ProblemDetails = problem });
        if (!context.Response.HasStarted)
        {
            // A caller that accepts no JSON still gets to know why.
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync($"{title}. {detail}", context.RequestAborted);
        }
    }
}
