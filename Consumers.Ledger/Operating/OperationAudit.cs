using System.Globalization;
using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>What the audit tells of operations: who started, paused, resumed or cancelled one, and how it ended.</summary>
internal static class OperationAudit
{
    private const int MaxTarget = 512;

    public const string Stopped = "stopped";

    public static void Started(LedgerTransaction transaction, string operation, string action, string by, string scope, long count, string? why) =>
        AuditRows.Append(transaction, $"operation:{operation}:start", by, action, Target(scope), count, "started", Detail(operation, why));

    /// <param name="id">Of this change: the same one is noted once.</param>
    /// <param name="count">How many items wait.</param>
    public static void Changed(LedgerTransaction transaction, string id, OperationRecord operation, string action, string by, long count, string result) =>
        AuditRows.Append(transaction, id, by, action, Target($"operation {operation.Id}"), count, result, $"{operation.Kind.ToWire()} {operation.Scope}");

    public static void Ended(LedgerTransaction transaction, OperationRecord operation, string by, string result)
    {
        // One that is stopped ends again, and again.
        var id = result == Stopped ? $"operation:{operation.Id}:stop:{operation.FailedAgain + operation.Succeeded}" : $"operation:{operation.Id}:end";
        if (AuditRows.ResultOf(transaction, id) is null)
        {
            AuditRows.Append(transaction, id, by, result == Stopped ? "stop" : "end", Target($"operation {operation.Id}"), operation.Total, result, Sums(operation));
        }
    }

    private static string Sums(OperationRecord operation)
    {
        (long Count, string Word)[] sums =
        [
            (operation.Succeeded, "succeeded"), (operation.FailedAgain, "failed again"), (operation.Discarded, "discarded"), (operation.Published, "published"),
            (operation.Skipped, "skipped"), (operation.Waiting + operation.Claimed, "waiting"),
        ];
        var words = string.Join(", ", sums.Where(sum => sum.Count > 0).Select(sum => string.Create(CultureInfo.InvariantCulture, $"{sum.Count} {sum.Word}")));
        return TaskHeaders.CleanError($"{operation.Kind.ToWire()} {operation.Scope}: {words}");
    }

    private static string Detail(string operation, string? why) => TaskHeaders.CleanError(why is null ? $"operation {operation}" : $"operation {operation}: {why}");

    private static string Target(string text) => text.Length <= MaxTarget ? text : TaskHeaders.CleanError(text)[..MaxTarget];
}
