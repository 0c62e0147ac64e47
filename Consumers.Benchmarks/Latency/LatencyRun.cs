using System.Diagnostics;
using System.Globalization;

namespace Consumers.Benchmarks;

/// <summary>A run whose tasks are numbered, so that each can be timed from its publish to its handler.</summary>
internal sealed class LatencyRun(BenchBroker broker, string queue, QueueKind kind, int count) : BrokerRun(broker, queue, kind, count)
{
    private const string Prefix = "bench-";

    private readonly long[] _sent = new long[count];
    private readonly TimeSpan[] _taken = new TimeSpan[count];

    /// <summary>The id of the task that is published now.</summary>
    public string Sending(int number)
    {
        _sent[number] = Stopwatch.GetTimestamp();
        return Prefix + number.ToString(CultureInfo.InvariantCulture);
    }

    public override void Arrived(string taskId)
    {
        var number = int.Parse(taskId.AsSpan(Prefix.Length), CultureInfo.InvariantCulture);
        _taken[number] = Stopwatch.GetElapsedTime(_sent[number]);
    }

    /// <summary>Without the first tenth, which is over cold code.</summary>
    public Latency Measured => Latency.Of(_taken[(_taken.Length / 10)..]);
}
