using Microsoft.Extensions.Logging;

namespace Consumers.Core;

/// <summary>What the executor tells the log: a retry is news, a dead letter is a warning, a success is routine.</summary>
public sealed partial class TaskExecutor
{
    private void LogSettled(TaskMessage message, AttemptKey key, Settlement settlement, bool accepted)
    {
        switch (settlement)
        {
            case var _ when !accepted:
                Log.Stale(_logger, message.Id, key.Attempt);
                break;
            case Settlement.Retry retry:
                Log.Retry(_logger, message.Type, message.Id, key.Attempt, retry.DueAt, retry.Error);
                break;
            case Settlement.DeadLetter dead:
                Log.Dead(_logger, message.Type, message.Id, key.Attempt, dead.Reason.ToWire(), dead.Error);
                break;
            default:
                Log.Completed(_logger, message.Type, message.Id, key.Attempt);
                break;
        }
    }

    private static partial class Log
    {
        public static readonly Func<ILogger, string, string, int, IDisposable?> Scope =
            LoggerMessage.DefineScope<string, string, int>("{TaskId} {TaskType} attempt {Attempt}");

        [LoggerMessage(Level = LogLevel.Debug, Message = "{TaskType} {TaskId} completed at attempt {Attempt}")]
        public static partial void Completed(ILogger logger, string taskType, string taskId, int attempt);

        [LoggerMessage(Level = LogLevel.Information, Message = "{TaskType} {TaskId} failed at attempt {Attempt} and is tried again at {DueAt:O}: {Error}")]
        public static partial void Retry(ILogger logger, string taskType, string taskId, int attempt, DateTimeOffset dueAt, string error);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{TaskType} {TaskId} is dead-lettered at attempt {Attempt} ({Reason}): {Error}")]
        public static partial void Dead(ILogger logger, string taskType, string taskId, int attempt, string reason, string error);

        [LoggerMessage(Level = LogLevel.Warning, Message = "A delivery from {Origin} is dead-lettered ({Reason}): {Error}")]
        public static partial void Rejected(ILogger logger, string origin, string reason, string error);

        [LoggerMessage(Level = LogLevel.Debug, Message = "{TaskId} attempt {Attempt} is settled already; its delivery from {Origin} runs nothing")]
        public static partial void Duplicate(ILogger logger, string taskId, int attempt, string origin);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{TaskId} attempt {Attempt} was taken over by another owner while it ran here; its outcome here changes nothing")]
        public static partial void Stale(ILogger logger, string taskId, int attempt);

        [LoggerMessage(Level = LogLevel.Error, Message = "A delivery from {Origin} could not be processed by the pipeline itself; it is handed back")]
        public static partial void Unexpected(ILogger logger, Exception e, string origin);
    }
}
