using System.Text;
using Consumers.Core;

namespace Consumers.Tests.Fixtures;

/// <summary>A handler alone, without the pipeline around it. The id is the least fit for a file's name that there is.</summary>
internal static class OneAttempt
{
    public static async Task<TaskOutcome> RunAsync(
        ITaskHandler handler, string type, string payload, int attempt = 1, string id = "..", string? traceParent = null, CancellationToken cancellationToken = default) =>
        await handler.HandleAsync(new TaskContext
        {
            Id = id,
            Type = type,
            Payload = Encoding.UTF8.GetBytes(payload),
            Attempt = attempt,
            Series = 1,
            MaxRetries = 5,
            Module = "rabbit",
            WorkerId = "w",
            TraceParent = traceParent,
        }, cancellationToken);
}
