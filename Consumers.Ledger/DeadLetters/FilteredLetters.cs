using Consumers.Core;
using Microsoft.EntityFrameworkCore;

namespace Consumers.Ledger;

/// <summary>
/// A filter as a query in two parts. The first goes by the index that leaves the fewest entries, and is in the order of the page; SQLite has no statistics here and would choose by rule,
/// so every other column is compared as an expression, which no index answers. The second part looks at each of these entries.
/// </summary>
internal sealed class FilteredLetters(DeadLetterFilter filter, long? cause)
{
    private const string Escape = "\\";

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

    /// <summary>What only the entry itself answers.</summary>
    public IQueryable<DeadLetterRecord> Matching(IQueryable<DeadLetterRecord> letters)
    {
        if (!ByType && filter.Type is { } type)
        {
            letters = letters.Where(letter => letter.Type + "" == type);
        }
        if (!ByReason && filter.Reason is { } reason)
        {
            letters = letters.Where(letter => letter.Reason + "" == reason);
        }
        if (!ByModule && filter.Module is { } module)
        {
            letters = letters.Where(letter => letter.Module + "" == module);
        }
        if (filter.From is { } from)
        {
            letters = letters.Where(letter => letter.DeadAt >= from);
        }
        if (filter.To is { } to)
        {
            letters = letters.Where(letter => letter.DeadAt < to);
        }
        if (!string.IsNullOrEmpty(filter.Text))
        {
            var text = $"%{filter.Text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";
            letters = letters.Where(letter => EF.Functions.Like(letter.Error, text, Escape) || EF.Functions.Like(letter.TaskId!, text, Escape) || EF.Functions.Like(letter.Key!, text, Escape));
        }
        return letters;
    }
}
