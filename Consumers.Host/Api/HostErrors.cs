using Consumers.Host.Security;
using Microsoft.AspNetCore.Diagnostics;

namespace Consumers.Host.Api;

/// <summary>What an error looks like: problem details for programs, a page for people.</summary>
internal static class HostErrors
{
    public static void UseHostErrors(this WebApplication app)
    {
        app.UseMiddleware<SecurityHeaders>();
        app.UseWhen(context => context.Request.IsForPrograms(), programs =>
        {
            programs.UseExceptionHandler(new ExceptionHandlerOptions { StatusCodeSelector = StatusOf, SuppressDiagnosticsCallback = IsCallersFault });
            programs.UseStatusCodePages();
        });
        app.UseWhen(context => !context.Request.IsForPrograms(), people =>
        {
            people.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandlingPath = "/error/500", StatusCodeSelector = StatusOf, SuppressDiagnosticsCallback = IsCallersFault });
            people.UseStatusCodePagesWithReExecute("/error/{0}");
        });
    }

    private static int StatusOf(Exception exception) =>
        exception is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError;

    private static bool IsCallersFault(ExceptionHandlerSuppressDiagnosticsContext context) => context.Exception is BadHttpRequestException;
}
