using Consumers.Core;
using Microsoft.EntityFrameworkCore;

namespace Consumers.Ledger;

/// <summary>
/// A filter as a query in two parts. What it means looks at an entry, and no index answers it. The walk over what matches goes by the index that leaves the fewest entries, in the order of the page: SQLite has no
/// statistics here and would choose by rule.
/// </summary>
internal sealed class FilteredLetters(DeadLetterFilter filter, long? cause)
{
    private bool ByCause => cause is not null;

    private bool ByType => !ByCause && filter.Type is not null;

    private bool ByReason => !ByCause && !ByType && filter.Reason is not null;

    private bool ByModule => !ByCause && !ByType && !ByReason && filter.Module is not null;

    /// <summary>The index has the state before the sequence number, so each state is a walk of its own; null walks all of them, by the sequence number alone.</summary>
    public IReadOnlyList<DeadLetterState?> Walks => filter.State is { } state ? [state]
        : ByCause || ByType || ByReason || ByModule ? [DeadLetterState.Dead, DeadLetterState.Replayed, DeadLetterState.Discarded]
        : [null];

    /// <summary>Every entry that a walk meets has to be looked at: there may be many before one matches.</summary>
    public bool HasDoubts => filter.From is not null || filter.To is not null || !string.IsNullOrEmpty(filter.Text)
        || (!ByType && filter.Type is not null) || (!ByReason && filter.Reason is not null) || (!ByModule && filter.Module is not null);

    /// <summary>What the index answers, the newest first.</summary>
    public IQueryable<DeadLetterRecord> Walk(IQueryable<DeadLetterRecord> letters, DeadLetterState? state, long before)
    {
        letters = letters.Where(letter => letter.Seq < before);
        if (state is { } one)
        {
            letters = letters.Where(letter => letter.State == one);
        }
        if (cause is { } row)
        {
            letters = letters.Where(letter => letter.Cause == row);
        }
        if (ByType)
        {
            letters = letters.Where(letter => letter.Type == filter.Type);
        }
        if (ByReason)
        {
            letters = letters.Where(letter => letter.Reason == filter.Reason);
        }
        if (ByModule)
        {
            letters = letters.Where(letter => letter.Module == filter.Module);
        }
        return letters.OrderByDescending(letter => letter.Seq);
    }

    /// <summary>All that the filter means; a walk over them chooses the index.</summary>
    public IQueryable<DeadLetterRecord> Matching(LedgerContext context)
    {
        var meaning = new LetterFilter(filter, byIndex: false);
#pragma warning disable EF1002 // The condition is a text of our own; what was asked for is in its parameters.
        return context.DeadLetters.FromSqlRaw($"""SELECT * FROM "DeadLetters" AS d WHERE {meaning.Where}""", [.. meaning.Values]);
#pragma warning restore EF1002
    }
}
