using Consumers.Core;

namespace Consumers.Host.Handlers.Report;

/// <summary>Writes a summary of the ledger into a folder: <c>{"format":"csv","from"?,"to"?,"name"?}</c>. A second delivery writes the same file again.</summary>
internal sealed partial class ReportTaskHandler(ITaskSummaries summaries, ReportFolder folder, TimeProvider time, ILogger<ReportTaskHandler> logger) : TaskHandler<ReportPayload>
{
    public const string Type = "report";

    public override string TaskType => Type;

    protected override async ValueTask<TaskOutcome> HandleAsync(ReportPayload payload, TaskContext context, CancellationToken cancellationToken)
    {
        var (request, problem) = payload.Read(context.IdempotencyKey);
        if (request is null)
        {
            return TaskOutcome.PermanentFailure(problem!);
        }
        var sums = await summaries.SummarizeAsync(request.From, request.To, cancellationToken);
        var content = request.Format == "json" ? ReportText.ToJson(sums, request, time.GetUtcNow()) : ReportText.Csv(sums);
        try
        {
            Log.Written(logger, await folder.WriteAsync(request.FileName, content, cancellationToken), sums.Count);
            return TaskOutcome.Success();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk gets room again and a folder its rights: the operator's to mend, and no reason to give the task up.
            return TaskOutcome.RetryableFailure($"the report could not be written into {folder.Path} ({ReportOptions.Section}:{nameof(ReportOptions.Folder)}): {e.Message}");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Wrote the report {File}: {Lines} lines.")]
        public static partial void Written(ILogger logger, string file, int lines);
    }
}
