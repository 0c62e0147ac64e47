using System.Globalization;

namespace Consumers.Ledger;

/// <summary>How many deliveries a process has in its hands, by module, as it stands in its row: <c>rabbit=3,kafka=1</c>.</summary>
internal static class InHandsText
{
    /// <summary>Null for an instance that does not tell.</summary>
    public static string? Write(IReadOnlyDictionary<string, int>? inHands) =>
        inHands is null ? null : string.Join(',', inHands.OrderBy(module => module.Key, StringComparer.Ordinal).Select(module => string.Create(CultureInfo.InvariantCulture, $"{module.Key}={module.Value}")));

    /// <summary>Null for what this class has not written.</summary>
    public static IReadOnlyDictionary<string, int>? Read(string? text)
    {
        if (text is null)
        {
            return null;
        }
        var inHands = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split('=') is not [var module, var number] || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                return null;
            }
            inHands[module] = count;
        }
        return inHands;
    }
}
