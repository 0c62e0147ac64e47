using Consumers.Core;
using Microsoft.Extensions.Logging;

namespace OwnHost;

internal sealed record GreetPayload(string? Name);

/// <summary>Does tasks of type <c>greet</c>: <c>{"name":"Ada"}</c>.</summary>
internal sealed partial class GreetTaskHandler(ILogger<GreetTaskHandler> logger) : TaskHandler<GreetPayload>
{
    public override string TaskType => "greet";

    protected override ValueTask<TaskOutcome> HandleAsync(GreetPayload payload, TaskContext context, CancellationToken cancellationToken)
    {
        if (payload.Name is not { Length: > 0 } name)
        {
            return new(TaskOutcome.PermanentFailure("payload.name is missing"));
        }
        Log.Hello(logger, name);
        return new(TaskOutcome.Success());
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Hello {Name}")]
        public static partial void Hello(ILogger logger, string name);
    }
}
