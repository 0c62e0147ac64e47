using Consumers.Core;
using OpenTelemetry.Resources;

namespace Consumers.Host.Telemetry;

/// <summary>Who tells: this instance of the fleet. <c>OTEL_SERVICE_NAME</c> and <c>OTEL_RESOURCE_ATTRIBUTES</c> go before it.</summary>
internal static class TelemetryResource
{
    /// <summary>Of a verb of the command line: it is no instance.</summary>
    public const string CliName = "cli";

    private const string ServiceName = "OTEL_SERVICE_NAME";
    private const string Attributes = "OTEL_RESOURCE_ATTRIBUTES";

    /// <param name="instance">CONSUMER_ID; null while it is not known yet.</param>
    public static ResourceBuilder Of(IConfiguration configuration, string? instance)
    {
        var attributes = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["service.name"] = "consumers",
            ["service.namespace"] = "week7",
            ["service.version"] = InstanceIdentity.Version,
            ["service.instance.id"] = instance is { Length: > 0 } ? instance : $"{Environment.MachineName}-{Environment.ProcessId}",
        };
        foreach (var pair in (configuration[Attributes] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (pair.Split('=', 2) is [{ Length: > 0 } name, var value])
            {
                attributes[name] = Uri.UnescapeDataString(value);
            }
        }
        if (configuration[ServiceName] is { Length: > 0 } service)
        {
            attributes["service.name"] = service;
        }
        return ResourceBuilder.CreateEmpty().AddTelemetrySdk().AddAttributes(attributes);
    }
}
