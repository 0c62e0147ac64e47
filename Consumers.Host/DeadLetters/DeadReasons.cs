using Consumers.Core;

namespace Consumers.Host.DeadLetters;

/// <summary>Every reason that an entry of the archive can have: those of the fleet, and two for what it did not dead-letter itself.</summary>
internal static class DeadReasons
{
    public static readonly IReadOnlyList<string> All = [.. Enum.GetValues<DeadReason>().Select(reason => reason.ToWire()), ReadDeadLetter.Broker, ReadDeadLetter.Unknown];
}
