using Consumers.Core;
using Consumers.Host.Telemetry;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Hosting;

/// <summary>The lines at start that a reader of the log must have seen: where the page is, and which promises do not hold.</summary>
internal static partial class StartNotes
{
    public static void Write(WebApplication app)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Consumers.Host");
        var instance = app.Services.GetRequiredService<InstanceIdentity>();
        Log.Listening(logger, instance.Name, string.Join(' ', app.Urls));
        if (OtlpSignal.Summary(app.Configuration, app.Services.GetRequiredService<IOptions<TelemetryOptions>>().Value) is { } off)
        {
            Log.SignalsOff(logger, off);
        }
        var transports = app.Services.GetServices<ITaskTransport>().ToArray();
        if (transports.Length == 0)
        {
            Log.NoModule(logger);
        }
        if (CrashPoint.Target is { } point)
        {
            Log.Crashes(logger, CrashPoint.Variable, point);
        }
        if (Sabotage.Active is { } sabotage)
        {
            Log.IsSabotaged(logger, sabotage, Sabotage.Variable);
        }
        var hasRedis = app.Services.GetServices<IDependency>().Any(dependency => dependency.IsUsed && dependency.State.Name == "Redis");
        foreach (var transport in transports)
        {
            if (!transport.IsDurable)
            {
                Log.Embedded(logger, transport.Module);
            }
            var guard = app.Configuration[$"Consumers:{transport.Module}:Guard"];
            if (string.Equals(guard, nameof(GuardMode.None), StringComparison.OrdinalIgnoreCase))
            {
                Log.NoGuard(logger, transport.Module);
            }
            else if (string.Equals(guard, nameof(GuardMode.Redis), StringComparison.OrdinalIgnoreCase) && !hasRedis)
            {
                Log.GuardInMemory(logger, transport.Module);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Instance} is up: {Urls}")]
        public static partial void Listening(ILogger logger, string instance, string urls);

        [LoggerMessage(7, LogLevel.Information, "Switched off: {Signals}")]
        public static partial void SignalsOff(ILogger logger, string signals);

        [LoggerMessage(2, LogLevel.Warning, "Module {Module} is embedded: tasks wait in this process's memory, and nothing is durable but the ledger")]
        public static partial void Embedded(ILogger logger, string module);

        [LoggerMessage(3, LogLevel.Warning, "Module {Module} runs without a guard: at-least-once, and a task that is delivered twice runs twice")]
        public static partial void NoGuard(ILogger logger, string module);

        [LoggerMessage(6, LogLevel.Warning, "Module {Module} has Redis as its guard, but no Redis is configured (REDIS_URL): the guard is this process's memory, and knows nothing of other instances")]
        public static partial void GuardInMemory(ILogger logger, string module);

        [LoggerMessage(4, LogLevel.Warning, "No module is switched on: this instance shows pages and consumes nothing")]
        public static partial void NoModule(ILogger logger);

        [LoggerMessage(5, LogLevel.Warning, "This process will kill itself at {Point}, because {Variable} says so: for tests only")]
        public static partial void Crashes(ILogger logger, string variable, string point);

        [LoggerMessage(7, LogLevel.Critical, "This process breaks a promise on purpose: {Sabotage}, because {Variable} says so. No task is safe with it; it is for 'consumers verify --selftest' only")]
        public static partial void IsSabotaged(ILogger logger, string sabotage, string variable);
    }
}
