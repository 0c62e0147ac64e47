using Consumers.Core;
using Consumers.Host.Hosting;

namespace Consumers.Host.Verify;

/// <summary>Which module a line of a history is about: the ids of a run begin with their module's name.</summary>
internal static class ModuleTasks
{
    /// <summary>On Kafka, what carries no id is named after its place.</summary>
    public static string ModuleOf(string id) =>
        id.StartsWith(ModuleSwitches.Rabbit + "-", StringComparison.Ordinal) ? ModuleSwitches.Rabbit
        : id.StartsWith(ModuleSwitches.Scaling + "-", StringComparison.Ordinal) ? ModuleSwitches.Scaling
        : ModuleSwitches.Kafka;

    /// <summary>The lines of one module's tasks, and those that are about no task.</summary>
    public static IReadOnlyList<HistoryLine> Of(string module, IReadOnlyList<HistoryLine> history) =>
        [.. history.Where(line => line.Event is HistoryEvents.Start or HistoryEvents.Fault or HistoryEvents.Exit or HistoryEvents.Sample
            || (line.Event == HistoryEvents.Pause ? line["module"] == module : line.Event == HistoryEvents.Commit ? module == ModuleSwitches.Kafka : ModuleOf(line.Id) == module))];
}
