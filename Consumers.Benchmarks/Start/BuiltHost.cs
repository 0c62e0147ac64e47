using System.Diagnostics;

namespace Consumers.Benchmarks;

/// <summary>The host as it was built beside this program, set to a run's queue.</summary>
internal static class BuiltHost
{
    // Consumers.Benchmarks/bin/Release/net10.0 → Consumers.Host/bin/Release/net10.0.
    private static readonly string Dll = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "Consumers.Host", "bin", Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/'))!), "net10.0", "Consumers.Host.dll"));

    public static bool IsBuilt { get; } = File.Exists(Dll);

    /// <param name="folder">Its working folder, for its ledger.</param>
    public static ProcessStartInfo Verb(IEnumerable<string> arguments, BrokerRun run, string folder)
    {
        var start = new ProcessStartInfo("dotnet", [Dll, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        start.Environment["RABBITMQ_URL"] = run.Broker.Url.ToString();
        start.Environment.Remove("REDIS_URL");
        start.Environment["Consumers__Ledger__Path"] = Path.Combine(folder, "ledger.db");
        start.Environment["Consumers__Kafka__Enabled"] = "false";
        start.Environment["Consumers__Scaling__Enabled"] = "false";
        start.Environment["Consumers__Retry__Base"] = "00:01:00";
        start.Environment["Consumers__Rabbit__WorkQueue"] = run.Queue;
        start.Environment["Consumers__Rabbit__Exchange"] = $"{run.Queue}.tasks";
        start.Environment["Consumers__Rabbit__RetryQueuePrefix"] = $"{run.Queue}.retry";
        start.Environment["Consumers__Rabbit__DeadLetterExchange"] = $"{run.Queue}.dead";
        start.Environment["Consumers__Rabbit__DeadLetterQueue"] = $"{run.Queue}.dead";
        start.Environment["Consumers__Rabbit__StatusExchange"] = $"{run.Queue}.status";
        start.Environment["Consumers__Rabbit__QueueType"] = run.Kind == QueueKind.Quorum ? "Quorum" : "Classic";
        return start;
    }
}
