namespace Consumers.Benchmarks;

/// <summary>The hidden verb: this program as a process that only consumes one queue, and says so when its first task is with the handler.</summary>
internal static class FirstTaskProcess
{
    public const string Verb = "first-task";

    public const string Said = "first task";

    public static async Task<int> RunAsync(string variant, string queue, string kind, string url)
    {
        IConsumeVariant consume = variant switch
        {
            "raw" => RawConsume.SingleAcks,
            "masstransit" => new MassTransitConsume(),
            _ => new FleetConsume(withLedger: true),
        };
        await using var broker = BenchBroker.Unconnected(new Uri(url));
        using var stopping = new CancellationTokenSource();
        // Two, of which one is there: it goes on until its input ends.
        var draining = consume.DrainAsync(new Run(broker, queue, kind == QueueKind.Quorum.ToWire() ? QueueKind.Quorum : QueueKind.Classic), stopping.Token);
        var ending = Console.In.ReadToEndAsync();
        await Task.WhenAny(draining, ending);
        await stopping.CancelAsync();
        try
        {
            await draining;
        }
        catch (OperationCanceledException) when (ending.IsCompleted)
        {
            // Told to end: its ledger is gone with it.
        }
        return ExitCodes.Ok;
    }

    private sealed class Run(BenchBroker broker, string queue, QueueKind kind) : BrokerRun(broker, queue, kind, count: 2)
    {
        public override void Arrived(string taskId) => Console.WriteLine(Said);
    }
}
