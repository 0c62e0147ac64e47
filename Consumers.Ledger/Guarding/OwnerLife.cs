namespace Consumers.Ledger;

/// <summary>What is known of the process that began an attempt.</summary>
internal enum OwnerLife
{
    /// <summary>Its lease holds, or nothing proves that it is gone.</summary>
    Alive,

    /// <summary>It ended in order.</summary>
    Stopped,

    /// <summary>Its process is gone, or its lease ran out.</summary>
    Dead,
}
