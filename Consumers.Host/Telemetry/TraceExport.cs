using Consumers.Core;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Consumers.Host.Telemetry;

/// <summary>Records the fleet's spans, those of requests to this host and of calls out of it, and sends them over OTLP. What is disposed sends what is left.</summary>
internal static class TraceExport
{
    /// <summary>Null where traces are off: nothing listens then, and no span is made.</summary>
    public static TracerProvider? Build(IConfiguration configuration, string instance, TelemetryOptions options)
    {
        if (OtlpSignal.Traces.WhyOff(configuration) is not null)
        {
            return null;
        }
        var builder = Sdk.CreateTracerProviderBuilder()
            // So that a setting may stand wherever the other settings do.
            .ConfigureServices(services => services.AddSingleton(configuration))
            .SetResourceBuilder(TelemetryResource.Of(configuration, instance))
            .AddSource(TaskTelemetry.Name, "Microsoft.AspNetCore", "System.Net.Http")
            .AddOtlpExporter(exporter => OtlpSignal.Traces.Configure(exporter, configuration));
        if (string.IsNullOrEmpty(configuration["OTEL_TRACES_SAMPLER"]))
        {
            builder.SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.SampleRatio)));
        }
        return builder.ConfigureSampler((_, chosen) => new QuietSampler(chosen)).Build();
    }

    /// <summary>Leaves out what is asked every few seconds, and says nothing about a task.</summary>
    private sealed class QuietSampler(Sampler chosen) : Sampler
    {
        private static readonly PathString[] Asked = ["/health", "/metrics", "/events", "/assets"];

        public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
        {
            if (samplingParameters.Kind == System.Diagnostics.ActivityKind.Server && samplingParameters.Tags is { } tags)
            {
                foreach (var (name, value) in tags)
                {
                    if (name == "url.path" && value is string path && path.StartsWith('/') && Array.Exists(Asked, asked => new PathString(path).StartsWithSegments(asked)))
                    {
                        return new SamplingResult(SamplingDecision.Drop);
                    }
                }
            }
            return chosen.ShouldSample(samplingParameters);
        }
    }
}
