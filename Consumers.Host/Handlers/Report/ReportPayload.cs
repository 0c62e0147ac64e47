using System.Globalization;
using System.Text.RegularExpressions;

namespace Consumers.Host.Handlers.Report;

/// <param name="Format"><c>csv</c> (default) or <c>json</c>.</param>
/// <param name="From">Only tasks created then or later: RFC 3339, or a day in UTC. Default: all.</param>
/// <param name="To">Only tasks created before. Default: all.</param>
/// <param name="Name">The file's name without its ending; a report of the same name takes its place. Default: made from the task's id.</param>
internal sealed partial record ReportPayload(string? Format, string? From, string? To, string? Name)
{
    private static readonly string[] Times = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd"];

    /// <summary>What is wrong with the payload, or the report it asks for.</summary>
    public (ReportRequest? Request, string? Problem) Read(string idempotencyKey)
    {
        if (Format is not (null or "csv" or "json"))
        {
            return (null, $"payload.format is '{Format}', but must be csv or json");
        }
        // A name is one plain file name: no separators, no parent folders, nothing hidden.
        if (Name is not null && !SafeName().IsMatch(Name))
        {
            return (null, $"payload.name is '{Name}', but must be 1 to 100 characters of A-Za-z0-9._- that begin with a letter or a digit");
        }
        if (!TryReadTime(From, out var from) || !TryReadTime(To, out var to))
        {
            return (null, $"payload.{(TryReadTime(From, out _) ? $"to is '{To}'" : $"from is '{From}'")}, but must be a time such as 2026-11-20T12:00:00Z, or a day such as 2026-11-20");
        }
        if (from >= to)
        {
            return (null, $"payload.from is '{From}', but must be before payload.to, which is '{To}'");
        }
        var format = Format ?? "csv";
        return (new ReportRequest(format, from, to, $"{Name ?? IdempotencyToken.Of(idempotencyKey)}.{format}"), null);
    }

    /// <summary>A time without an offset is in UTC, wherever the host runs.</summary>
    private static bool TryReadTime(string? text, out DateTimeOffset? time)
    {
        var isTime = DateTimeOffset.TryParseExact(text, Times, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var read);
        time = isTime ? read : null;
        return isTime || text is null;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z")]
    private static partial Regex SafeName();
}

/// <param name="FileName">With its ending.</param>
internal sealed record ReportRequest(string Format, DateTimeOffset? From, DateTimeOffset? To, string FileName);
