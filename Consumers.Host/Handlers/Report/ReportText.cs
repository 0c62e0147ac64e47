using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Consumers.Core;

namespace Consumers.Host.Handlers.Report;

/// <summary>A summary as a file's bytes.</summary>
internal static class ReportText
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>RFC 4180; durations in milliseconds, empty without an attempt.</summary>
    public static byte[] Csv(IEnumerable<TaskSummary> summaries)
    {
        var text = new StringBuilder("module,type,status,tasks,attempts,retries,mean_ms,p95_ms\r\n");
        foreach (var of in summaries)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Cell(of.Module)},{Cell(of.Type)},{of.State.ToWire()},{of.Tasks},{of.Attempts},{of.Retries},{Milliseconds(of.MeanDuration)},{Milliseconds(of.P95Duration)}\r\n");
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    public static byte[] ToJson(IEnumerable<TaskSummary> summaries, ReportRequest request, DateTimeOffset now) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            GeneratedAt = TaskHeaders.Format(now),
            From = request.From is { } from ? TaskHeaders.Format(from) : null,
            To = request.To is { } to ? TaskHeaders.Format(to) : null,
            Tasks = summaries.Select(of => new
            {
                of.Module,
                of.Type,
                Status = of.State.ToWire(),
                of.Tasks,
                of.Attempts,
                of.Retries,
                MeanMs = Milliseconds(of.MeanDuration),
                P95Ms = Milliseconds(of.P95Duration),
            }),
        },
        Json);

    private static double? Milliseconds(TimeSpan? duration) => duration is { } of ? Math.Round(of.TotalMilliseconds, 1) : null;

    /// <summary>Text that a spreadsheet would take for a formula gets an apostrophe before it: a type is an outsider's choice, and may begin with a minus.</summary>
    internal static string Cell(string text)
    {
        var safe = text.Length > 0 && "=+-@\t\r\n".Contains(text[0]) ? "'" + text : text;
        return safe.AsSpan().ContainsAny("\",\r\n") ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}
