using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consumers.Core;
using Consumers.Host.Monitoring;
using Consumers.Host.Texts;
using Microsoft.Net.Http.Headers;

namespace Consumers.Host.Api;

/// <summary>All dead letters that match, page by page, so that any number takes the memory of one page.</summary>
internal static class DeadLetterExport
{
    public const string NdJson = "application/x-ndjson";
    public const string Csv = "text/csv";

    private const int PageSize = 200;

    private static readonly string[] Columns =
    [
        "id", "module", "source", "origin", "taskId", "type", "key", "series", "reason", "cause", "error", "attempts", "times",
        "firstFailureAt", "deadAt", "consumerId", "bodyBytes", "state", "replayedAs", "operation",
    ];

    // The default encoder: what a terminal would obey is escaped.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static async Task<IResult> GetAsync([AsParameters] DeadLetterQuery query, string? format, bool? bodies, HttpContext context, DeadLetterReads reads)
    {
        var (filter, refusal) = query.Read();
        if ((DeadLetterQuery.RefuseUnknown(context.Request, "format", "bodies") ?? refusal) is { } refused)
        {
            return refused;
        }
        if (format is not (null or "ndjson" or "csv") || (format == "csv" && bodies == true))
        {
            return Problems.Of(StatusCodes.Status400BadRequest, "No such export", "format must be ndjson or csv; bodies go with ndjson only.", "/format", "is no format");
        }
        // The first page before the answer begins: a ledger that is away is a problem then, and not a file that ends too early.
        var first = await reads.ListAsync(filter!, null, PageSize, context.RequestAborted);
        return first.IsKnown
            ? new Streamed(filter!, first.Value, format == "csv", bodies == true, reads)
            : Problems.Unavailable(context, "The ledger is away", $"{first.WhyUnknown}.");
    }

    private static string LineOf(DeadLetterRow row)
    {
        static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
        return CsvLine.Of(
            row.Id, row.Module, row.Source, row.Origin, row.TaskId, row.Type, row.Key, Number(row.Series), row.Reason, row.Cause, row.Error, Number(row.Attempts), Number(row.Times),
            row.FirstFailureAt is { } first ? TaskHeaders.Format(first) : null, TaskHeaders.Format(row.DeadAt), row.ConsumerId, Number(row.BodyBytes), row.State.ToWire(), row.ReplayedAs, row.Operation);
    }

    private sealed class Streamed(DeadLetterFilter filter, DeadLetterPage first, bool isCsv, bool withBodies, DeadLetterReads reads) : IResult
    {
        public async Task ExecuteAsync(HttpContext context)
        {
            context.Response.ContentType = isCsv ? $"{Csv}; charset=utf-8; header=present" : NdJson;
            context.Response.Headers[HeaderNames.ContentDisposition] = $"attachment; filename=\"dead-letters.{(isCsv ? "csv" : "ndjson")}\"";
            if (isCsv)
            {
                await context.Response.WriteAsync(CsvLine.Of(Columns), context.RequestAborted);
            }
            var page = first;
            while (true)
            {
                foreach (var row in page.Items)
                {
                    if (await LineAsync(row, context.RequestAborted) is not { } line)
                    {
                        // The status is long gone: a connection that breaks is how the reader learns that this is not all.
                        context.Abort();
                        return;
                    }
                    await context.Response.WriteAsync(line, Encoding.UTF8, context.RequestAborted);
                }
                if (page.Next is not { } after)
                {
                    return;
                }
                var next = await reads.ListAsync(filter, after, PageSize, context.RequestAborted);
                if (!next.IsKnown)
                {
                    context.Abort();
                    return;
                }
                page = next.Value;
            }
        }

        /// <summary>Null when its body cannot be read now.</summary>
        private async Task<string?> LineAsync(DeadLetterRow row, CancellationToken cancellationToken)
        {
            if (isCsv)
            {
                return LineOf(row);
            }
            if (!withBodies)
            {
                return JsonSerializer.Serialize(DeadLetterView.From(row), Json) + "\n";
            }
            var found = await reads.FindAsync(row.Id, cancellationToken);
            return found.IsKnown ? JsonSerializer.Serialize(found.Value.Value is { } details ? DeadLetterView.From(details) : DeadLetterView.From(row), Json) + "\n" : null;
        }
    }
}
