namespace Consumers.Core;

/// <summary>What is known of the process that began an attempt.</summary>
public enum OwnerLife
{
    /// <summary>Its lease holds, or nothing proves that it is gone.</summary>
    Alive,

    /// <summary>It ended in order.</summary>
    Stopped,

    /// <summary>Its process is gone, or its lease ran out.</summary>
    Dead,
}
