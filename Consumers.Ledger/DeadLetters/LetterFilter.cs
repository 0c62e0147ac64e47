using System.Globalization;
using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>
/// What a filter means, as a condition on <c>"DeadLetters" AS d</c>, and the only place where that is said: what is listed is what an operation takes up. Values are bound, never written into the text.
/// </summary>
internal sealed class LetterFilter
{
    private readonly bool _byIndex;
    private readonly List<string> _conditions = [];

    /// <param name="byIndex">False: no column is compared so that an index could answer it, because the index is chosen elsewhere.</param>
    public LetterFilter(DeadLetterFilter filter, bool byIndex)
    {
        _byIndex = byIndex;
        Equal("State", filter.State?.ToWire());
        Equal("Module", filter.Module);
        Equal("Type", filter.Type);
        Equal("Reason", filter.Reason);
        if (filter.Cause is { } cause)
        {
            Add($$"""d."Cause"{{(byIndex ? "" : " + 0")}} = (SELECT c."Row" FROM "DeadLetterCauses" AS c WHERE c."Id" = {0})""", cause);
        }
        AddTime("""d."DeadAt" >= {0}""", filter.From);
        AddTime("""d."DeadAt" < {0}""", filter.To);
        if (filter.Text is { Length: > 0 } text)
        {
            var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);
            Add("""(d."TaskId" LIKE {0} ESCAPE '\' OR d."Key" LIKE {0} ESCAPE '\' OR d."Error" LIKE {0} ESCAPE '\')""", $"%{escaped}%");
        }
    }

    /// <summary>In the order of the parameters; texts and whole numbers.</summary>
    public List<object> Values { get; } = [];

    /// <summary>The conditions, all of which must hold; the parameters are <c>{0}</c>, <c>{1}</c>, …</summary>
    public string Where => _conditions.Count == 0 ? "1 = 1" : string.Join(" AND ", _conditions);

    private void Equal(string column, string? value)
    {
        if (value is not null)
        {
            Add($$"""d."{{column}}"{{(_byIndex ? "" : " || ''")}} = {0}""", value);
        }
    }

    private void AddTime(string condition, DateTimeOffset? value)
    {
        if (value is { } time)
        {
            Add(condition, time.ToUnixTimeMilliseconds());
        }
    }

    private void Add(string condition, object value)
    {
        _conditions.Add(condition.Replace("{0}", string.Create(CultureInfo.InvariantCulture, $"{{{Values.Count}}}"), StringComparison.Ordinal));
        Values.Add(value);
    }
}
