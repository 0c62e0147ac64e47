namespace Consumers.Kafka;

/// <summary>Bytes of the records that this process has taken and not ended, over all partitions: one counter, because it is read for every record.</summary>
internal sealed class HeldBytes
{
    private long _total;

    public long Total => Interlocked.Read(ref _total);

    public void Add(long bytes) => Interlocked.Add(ref _total, bytes);
}
