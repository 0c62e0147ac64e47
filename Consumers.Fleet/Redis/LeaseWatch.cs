using System.Collections.Concurrent;

namespace Consumers.Fleet;

/// <summary>
/// Which leases have run out, as this process itself saw it: one that stayed as it is for a whole lease while its own heartbeats were answered. Every heartbeat changes
/// the lease, so no clock but ours is read: one that is set kills nobody and keeps nobody alive, and a Redis that stood still says nothing of those it kept from renewing.
/// </summary>
internal sealed class LeaseWatch(TimeProvider time)
{
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<string, (string? Lease, long Since)> _seen = new(StringComparer.Ordinal);

    /// <param name="lease">As it is now; null when there is none.</param>
    /// <param name="steadySince">Since when this process could see others renew; null when it cannot.</param>
    public bool HasRunOut(string run, string? lease, long? steadySince)
    {
        if (_seen.Count > Most)
        {
            _seen.Clear();
        }
        if (!_seen.TryGetValue(run, out var seen) || seen.Lease != lease)
        {
            _seen[run] = (lease, time.GetTimestamp());
            return false;
        }
        return steadySince is { } steady && time.GetElapsedTime(Math.Max(seen.Since, steady)) >= RedisRegister.Lease;
    }
}
