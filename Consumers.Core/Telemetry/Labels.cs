namespace Consumers.Core;

/// <summary>Names of labels and span attributes: OpenTelemetry's messaging conventions, and the fleet's own beside them.</summary>
public static class Labels
{
    public const string Module = "consumers.module";
    public const string Type = "consumers.task.type";
    public const string Attempt = "consumers.task.attempt";
    public const string Outcome = "consumers.task.outcome";
    public const string Reason = "consumers.dead.reason";
    public const string Tier = "consumers.retry.tier";

    public const string System = "messaging.system";
    public const string Operation = "messaging.operation.name";
    public const string OperationType = "messaging.operation.type";
    public const string Destination = "messaging.destination.name";
    public const string Partition = "messaging.destination.partition.id";
    public const string MessageId = "messaging.message.id";
    public const string ClientId = "messaging.client.id";
    public const string ErrorType = "error.type";

    /// <summary>Instead of a task type that no handler does, or that is one too many.</summary>
    public const string Other = "other";
}
