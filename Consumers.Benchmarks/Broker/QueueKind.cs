namespace Consumers.Benchmarks;

internal enum QueueKind
{
    Quorum,
    Classic,
}

internal static class QueueKindNames
{
    public static string ToWire(this QueueKind kind) => kind == QueueKind.Quorum ? "quorum" : "classic";
}
