namespace Consumers.Ledger;

/// <summary>
/// Commands of one commit whose callers go on one after another on a thread of the pool. Each by itself would be woken by itself: hundreds of work items at once, for which threads are
/// woken that find nothing.
/// </summary>
internal sealed class CommittedBatch(LedgerCommand[] commands) : IThreadPoolWorkItem
{
    /// <summary>Few enough that the last does not wait long for the first, and other threads have a share.</summary>
    public const int Size = 64;

    void IThreadPoolWorkItem.Execute()
    {
        foreach (var command in commands)
        {
            command.Complete();
        }
    }

    public static void Complete(List<LedgerCommand> commands)
    {
        for (var from = 0; from < commands.Count; from += Size)
        {
            ThreadPool.UnsafeQueueUserWorkItem(new CommittedBatch([.. commands[from..Math.Min(from + Size, commands.Count)]]), preferLocal: false);
        }
    }
}
