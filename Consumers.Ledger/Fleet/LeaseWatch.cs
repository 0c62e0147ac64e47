namespace Consumers.Ledger;

/// <summary>
/// Which leases have run out, as this process itself saw it: one that stayed as it is for a whole lease while this process looked on. Its end is a time of another
/// process's wall clock, which is only compared with itself, so a clock that is set kills nobody and keeps nobody alive. Used on the writer's thread alone.
/// </summary>
internal sealed class LeaseWatch(TimeProvider time)
{
    /// <summary>Who did not look for this long stood still, or could not: what kept it may have kept others from renewing.</summary>
    private static readonly TimeSpan Gap = LedgerWriter.Lease / 2;

    private const string AllSql = """SELECT "RunId", "LeaseUntil" FROM "Instances" WHERE "State" <> 'stopped'""";

    private readonly Dictionary<string, Seen> _seen = new(StringComparer.Ordinal);
    private long? _lookedAt;

    /// <summary>Looks at all leases. To be done more often than a lease lasts.</summary>
    public void Look(LedgerTransaction transaction)
    {
        ForgetAfterGap();
        // A process that has just started was not there to see leases end before it; only there the clock counts.
        var isFirst = _lookedAt is null;
        _lookedAt = time.GetTimestamp();
        var find = transaction.Prepare(AllSql);
        while (find.Step())
        {
            var (owner, until) = (find.Text(0), find.Long(1));
            if (!_seen.TryGetValue(owner, out var seen) || seen.Until != until)
            {
                _seen[owner] = new Seen(until, _lookedAt.Value, isFirst && until < transaction.Now);
            }
        }
    }

    /// <param name="until">As its row says now.</param>
    public bool HasRunOut(string owner, long until)
    {
        ForgetAfterGap();
        if (!_seen.TryGetValue(owner, out var seen) || seen.Until != until)
        {
            _seen[owner] = new Seen(until, time.GetTimestamp(), false);
            return false;
        }
        return seen.WasOver || time.GetElapsedTime(seen.Since) >= LedgerWriter.Lease;
    }

    private void ForgetAfterGap()
    {
        if (_lookedAt is { } looked && time.GetElapsedTime(looked) > Gap)
        {
            _seen.Clear();
            _lookedAt = time.GetTimestamp();
        }
    }

    /// <param name="WasOver">When this process began to look.</param>
    private readonly record struct Seen(long Until, long Since, bool WasOver);
}
