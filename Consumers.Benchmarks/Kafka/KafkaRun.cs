namespace Consumers.Benchmarks;

/// <summary>One run of one variant on topics of its own.</summary>
internal sealed class KafkaRun(BenchCluster cluster, KafkaWork work, int count) : Countdown(count)
{
    public BenchCluster Cluster => cluster;

    public KafkaWork Work => work;
}
