using Consumers.Host.Telemetry;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Logs;

namespace Consumers.Host.Hosting;

/// <summary>One JSON object a line on stdout, with what the scopes say; for people where the configuration names another formatter, as in the Development environment. Over OTLP too, where that is set.</summary>
internal static class HostLogging
{
    public static void Configure(ILoggingBuilder logging, IConfiguration configuration)
    {
        logging.ClearProviders();
        logging.AddConsole(console => console.FormatterName = configuration["Logging:Console:FormatterName"] is { Length: > 0 } chosen ? chosen : ConsoleFormatterNames.Json);
        logging.Services.Configure<JsonConsoleFormatterOptions>(json =>
        {
            json.UseUtcTimestamp = true;
            json.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
            json.IncludeScopes = true;
        });
        if (OtlpSignal.Logs.WhyOff(configuration) is null)
        {
            logging.AddOpenTelemetry(logs =>
            {
                logs.IncludeScopes = true;
                logs.IncludeFormattedMessage = true;
                logs.SetResourceBuilder(TelemetryResource.Of(configuration, configuration["CONSUMER_ID"]));
                logs.AddOtlpExporter(exporter => OtlpSignal.Logs.Configure(exporter, configuration));
            });
        }
    }
}
