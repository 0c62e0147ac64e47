namespace Consumers.Host.Telemetry;

/// <summary>The address at which a trace can be looked at.</summary>
internal static class TraceUrl
{
    private static readonly string Sample = new('0', 32);

    public static bool IsTemplate(string template) =>
        template.Contains(TelemetryOptions.TraceId, StringComparison.Ordinal)
        && Uri.TryCreate(template.Replace(TelemetryOptions.TraceId, Sample, StringComparison.Ordinal), UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && url.UserInfo.Length == 0
        && !url.Host.Contains(Sample, StringComparison.Ordinal);

    /// <summary>Null where there is no template, or the id, which may come out of a message, is none.</summary>
    public static string? Of(string? template, string? traceId) =>
        template is { Length: > 0 } && traceId is { Length: 32 } && traceId.All(char.IsAsciiHexDigitLower) ? template.Replace(TelemetryOptions.TraceId, traceId, StringComparison.Ordinal) : null;
}
