namespace Consumers.Benchmarks;

/// <summary>Tasks at once by the time a handler takes, in each mode of remembering, beside the client with as many workers.</summary>
internal sealed class KafkaGridScenario : IScenario
{
    /// <summary>How long a run of the ideal takes: a wait of 20 ms is not measured better by a minute of it.</summary>
    private static readonly TimeSpan IdealRun = TimeSpan.FromSeconds(4);

    private static readonly KafkaWork[] Cells =
        [.. from workers in new[] { 1, 3, 50 } from milliseconds in new[] { 0, 1, 20 } select new KafkaWork(workers, TimeSpan.FromMilliseconds(milliseconds))];

    public string Name => "kafka-grid";

    public string Summary => "the same with 1, 3 and 50 workers and handlers of 0, 1 and 20 ms; runs of 4 s of the ideal, so it takes a quarter of an hour, and only when it is named";

    public bool NeedsBroker => false;

    public bool IsLong => true;

    public IReadOnlyList<Comparison> Compare(BenchTargets targets) =>
        [.. Cells.Select(work => new Comparison(Name, null, "tasks", [new KafkaConsumeRun(new RawKafkaWorkers(), targets.Kafka, work), .. KafkaScenario.Fleet(targets, work)], work.ToString(), MessagesOf(work)))];

    private static int MessagesOf(KafkaWork work) => work.HandlerTime > TimeSpan.Zero ? (int)(work.Workers * (IdealRun / work.HandlerTime)) : int.MaxValue;
}
