using System.Text.Json;
using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Which entries somebody means, as a condition on <c>"DeadLetters" AS d</c>. Values are bound, never written into the text.</summary>
internal sealed class DeadLetterChoice
{
    /// <summary>Another operation has the entry in its hands. In these words it is the condition of the partial index.</summary>
    public const string IsBusy = """
        EXISTS (SELECT 1 FROM "OperationItems" AS h WHERE h."DeadLetterRow" = d."Row" AND h."State" IN ('waiting', 'claimed'))
        """;

    private const int MostListed = 5;

    private readonly List<string> _conditions = ["""d."State" = 'dead'"""];

    public DeadLetterChoice(OperationChoice choice, long cutOff)
    {
        Add("""d."Seq" <= {0}""", cutOff);
        if (choice.Ids is { } ids)
        {
            Add("""d."Id" IN (SELECT value FROM json_each({0}))""", JsonSerializer.Serialize(ids));
        }
        else if (choice.Filter is { } filter)
        {
            Add(filter);
        }
        Scope = TaskHeaders.CleanError(ScopeOf(choice));
    }

    /// <summary>The condition; its parameters are <c>@c1</c>, <c>@c2</c>, … in the order of <see cref="Values"/>.</summary>
    public string Where => string.Join(" AND ", _conditions);

    /// <summary>Texts and whole numbers.</summary>
    public List<object> Values { get; } = [];

    /// <summary>In words, for people.</summary>
    public string Scope { get; }

    /// <summary>Binds the values to a statement whose other parameters come before.</summary>
    public Statement Bind(Statement statement, int first)
    {
        foreach (var value in Values)
        {
            statement = value is long number ? statement.Set(first++, number) : statement.Set(first++, (string)value);
        }
        return statement;
    }

    private void Add(DeadLetterFilter filter)
    {
        var meaning = new LetterFilter(filter, byIndex: true);
        // Its parameters come behind those that are there.
        var before = Values.Count;
        _conditions.Add(Enumerable.Range(0, meaning.Values.Count).Aggregate(meaning.Where, (where, i) => where.Replace($"{{{i}}}", $"@c{before + i + 1}", StringComparison.Ordinal)));
        Values.AddRange(meaning.Values);
    }

    private void Add(string condition, object value)
    {
        Values.Add(value);
        _conditions.Add(condition.Replace("{0}", $"@c{Values.Count}", StringComparison.Ordinal));
    }

    private static string ScopeOf(OperationChoice choice)
    {
        if (choice.Ids is { } ids)
        {
            return ids.Count <= MostListed ? string.Join(' ', ids) : $"{string.Join(' ', ids.Take(MostListed))} and {ids.Count - MostListed} more";
        }
        var filter = choice.Filter ?? new DeadLetterFilter();
        (string Name, string? Value)[] parts =
        [
            ("module", filter.Module), ("type", filter.Type), ("reason", filter.Reason), ("cause", filter.Cause),
            ("from", filter.From is { } from ? TaskHeaders.Format(from) : null), ("to", filter.To is { } to ? TaskHeaders.Format(to) : null), ("text", filter.Text),
        ];
        var words = string.Join(' ', parts.Where(part => part.Value is not null).Select(part => $"{part.Name}:{part.Value}"));
        return words.Length == 0 ? "all" : words;
    }
}
