using System.Text.RegularExpressions;
using Consumers.Host.Cli;
using OpenTelemetry.Exporter;

namespace Consumers.Host.Telemetry;

/// <summary>
/// One signal over OTLP, as the variables of the OpenTelemetry specification say: on where an endpoint is set, off otherwise. The variables of one signal go before those of all;
/// the exporter itself reads only the latter.
/// </summary>
internal sealed partial class OtlpSignal
{
    public const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    public const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";
    public const string Disabled = "OTEL_SDK_DISABLED";

    public static readonly OtlpSignal Traces = new("traces", "OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_HEADERS");
    public static readonly OtlpSignal Metrics = new("metrics", "OTEL_METRICS_EXPORTER", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_METRICS_HEADERS");
    public static readonly OtlpSignal Logs = new("logs", "OTEL_LOGS_EXPORTER", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "OTEL_EXPORTER_OTLP_LOGS_HEADERS");

    private static readonly OtlpSignal[] All = [Traces, Metrics, Logs];

    private readonly string _name;
    private readonly string _exporter;
    private readonly string _endpoint;
    private readonly string _protocol;
    private readonly string _headers;

    private OtlpSignal(string name, string exporter, string endpoint, string protocol, string headers) =>
        (_name, _exporter, _endpoint, _protocol, _headers) = (name, exporter, endpoint, protocol, headers);

    /// <summary>Null when it is on.</summary>
    /// <exception cref="CliException">It is on, and set in a way that no exporter understands.</exception>
    public string? WhyOff(IConfiguration configuration)
    {
        if (Is(configuration[Disabled], "true"))
        {
            return $"{Disabled} is true";
        }
        if (Is(configuration[_exporter], "none"))
        {
            return $"{_exporter} is none";
        }
        var (variable, endpoint) = configuration[_endpoint] is { Length: > 0 } own ? (_endpoint, own) : (Endpoint, configuration[Endpoint]);
        if (string.IsNullOrEmpty(endpoint))
        {
            return $"{Endpoint} is not set";
        }
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
        {
            throw new CliException(ExitCode.BadInput, $"{variable} is '{UserInfo().Replace(endpoint, "//***@")}', but must be an http or https URL such as http://127.0.0.1:4317.");
        }
        foreach (var name in (string[])[_protocol, Protocol])
        {
            if (configuration[name] is { Length: > 0 } protocol && ProtocolOf(protocol) is null)
            {
                throw new CliException(ExitCode.BadInput, $"{name} is '{protocol}', but must be grpc or http/protobuf.");
            }
        }
        return null;
    }

    /// <exception cref="CliException">A signal is set in a way that no exporter understands.</exception>
    public static void Check(IConfiguration configuration)
    {
        foreach (var signal in All)
        {
            signal.WhyOff(configuration);
        }
    }

    /// <summary>What only this signal's variables say.</summary>
    public void Configure(OtlpExporterOptions exporter, IConfiguration configuration)
    {
        if (configuration[_protocol] is { Length: > 0 } protocol)
        {
            exporter.Protocol = ProtocolOf(protocol)!.Value;
        }
        if (configuration[_endpoint] is { Length: > 0 } endpoint)
        {
            exporter.Endpoint = new Uri(endpoint);
        }
        if (configuration[_headers] is { Length: > 0 } headers)
        {
            exporter.Headers = headers;
        }
    }

    /// <summary>What is switched off, and why; null when nothing is.</summary>
    public static string? Summary(IConfiguration configuration, TelemetryOptions options)
    {
        var off = All.Select(signal => (signal._name, Why: signal.WhyOff(configuration))).Where(signal => signal.Why is not null)
            .GroupBy(signal => signal.Why, signal => signal._name).Select(same => $"{string.Join(", ", same)} over OTLP ({same.Key})");
        var all = options.Metrics ? off : off.Append($"/metrics ({TelemetryOptions.Section}:{nameof(options.Metrics)} is false)");
        return string.Join("; ", all) is { Length: > 0 } summary ? summary : null;
    }

    private static OtlpExportProtocol? ProtocolOf(string protocol) => protocol.Trim() switch
    {
        "grpc" => OtlpExportProtocol.Grpc,
        "http/protobuf" => OtlpExportProtocol.HttpProtobuf,
        _ => null,
    };

    private static bool Is(string? value, string word) => string.Equals(value?.Trim(), word, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("//[^/@]*@", RegexOptions.NonBacktracking)]
    private static partial Regex UserInfo();
}
