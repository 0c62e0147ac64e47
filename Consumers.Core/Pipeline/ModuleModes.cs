namespace Consumers.Core;

/// <summary><c>Consumers:&lt;Module&gt;:Guard</c>: who remembers that an attempt is settled.</summary>
public enum GuardMode
{
    /// <summary>The ledger: a settled attempt never runs again.</summary>
    Ledger,

    /// <summary>Redis, which all instances share; without Redis, this process's memory. Remembers for days, and no longer than Redis does.</summary>
    Redis,

    /// <summary>Nobody: at-least-once without suppression.</summary>
    None,
}

/// <summary><c>Consumers:&lt;Module&gt;:Record</c>: which tasks get rows in the ledger.</summary>
public enum RecordMode
{
    /// <summary>Every task, every attempt. Comes with the ledger as guard: its rows are what the guard remembers.</summary>
    All,

    /// <summary>No rows.</summary>
    None,
}
