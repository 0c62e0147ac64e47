namespace Consumers.Core;

/// <summary>Tells a process without memory from a handler that asked for an array of an impossible size: both throw <see cref="OutOfMemoryException"/>.</summary>
internal static class MemoryExhaustion
{
    private const double Full = 0.8;

    /// <summary>Judged by the heap after its last collection, which the failed allocation itself had asked for.</summary>
    public static bool IsReal() => IsReal(GC.GetGCMemoryInfo(GCKind.Any));

    private static bool IsReal(GCMemoryInfo last) => IsReal(last.HeapSizeBytes, last.TotalAvailableMemoryBytes);

    internal static bool IsReal(long heapBytes, long availableBytes) => heapBytes >= availableBytes * Full;
}
