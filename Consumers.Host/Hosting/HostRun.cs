using Consumers.Core;
using Consumers.Host.Cli;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Hosting;

/// <summary>Start, wait, stop; and what the process says when it is over.</summary>
internal static class HostRun
{
    public static async Task<int> ToTheEndAsync(WebApplication app)
    {
        Validate(app.Services);
        try
        {
            await app.StartAsync();
        }
        catch
        {
            // What did start is stopped in order, so that work it took is handed back.
            await app.StopAsync();
            throw;
        }
        StartNotes.Write(app);
        await app.WaitForShutdownAsync();
        return Failure(app.Services) switch
        {
            null => ExitCode.Ok,
            // Found out late, because Redis was away at the start: said as clearly as at the start.
            InstanceNameTakenException taken => throw taken,
            _ => ExitCode.Failed,
        };
    }

    /// <summary>All wrong options at once, before anything is started.</summary>
    public static void Validate(IServiceProvider services)
    {
        if ((CrashPoint.Problem ?? Sabotage.Problem(services.GetService<IOptions<HistoryOptions>>()?.Value.Folder)) is { } problem)
        {
            throw new CliException(ExitCode.BadInput, problem);
        }
        services.GetService<IStartupValidator>()?.Validate();
        try
        {
            services.GetRequiredService<InstanceIdentity>();
        }
        catch (ArgumentException e)
        {
            throw new CliException(ExitCode.BadInput, e.Message, e);
        }
    }

    private static Exception? Failure(IServiceProvider services) =>
        services.GetServices<IHostedService>().OfType<BackgroundService>().Select(service => service.ExecuteTask?.Exception?.GetBaseException()).FirstOrDefault(failure => failure is not null);
}
