using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Telemetry;

/// <summary>Section <c>Consumers:Telemetry</c>. Where traces, metrics and logs are sent is told by OpenTelemetry's own variables (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, …).</summary>
internal sealed class TelemetryOptions
{
    public const string Section = "Consumers:Telemetry";

    /// <summary>Where the id goes in <see cref="TraceUrlTemplate"/>.</summary>
    public const string TraceId = "{traceId}";

    /// <summary>Whether <c>/metrics</c> is served. Default true.</summary>
    public bool Metrics { get; set; } = true;

    /// <summary>Of the traces that begin here, the share that is recorded; 0–1, default 1. A task whose producer traces follows its producer. <c>OTEL_TRACES_SAMPLER</c> goes before it.</summary>
    public double SampleRatio { get; set; } = 1;

    /// <summary>Where a trace can be looked at, with <c>{traceId}</c> in its place; http or https. Default none: pages show no link.</summary>
    public string? TraceUrlTemplate { get; set; }
}

internal sealed class TelemetryOptionsValidator : IValidateOptions<TelemetryOptions>
{
    public ValidateOptionsResult Validate(string? name, TelemetryOptions options)
    {
        var errors = new OptionErrors(TelemetryOptions.Section);
        errors.Check(options.SampleRatio is >= 0 and <= 1, nameof(options.SampleRatio), options.SampleRatio, "0 to 1");
        errors.Check(
            options.TraceUrlTemplate is null or "" || TraceUrl.IsTemplate(options.TraceUrlTemplate), nameof(options.TraceUrlTemplate), options.TraceUrlTemplate,
            $"an http or https URL with {TelemetryOptions.TraceId} in its path, query or fragment, and no user name in it");
        return errors.Result;
    }
}
