using System.Globalization;
using System.Text;
using Consumers.Core;
using Consumers.Host.Cli;

namespace Consumers.Host.DeadLetters;

/// <summary>
/// A filter as people type it: <c>type:email reason:exhausted since:1h mailbox</c>. Parts are divided by spaces and all must hold; a word without a name is looked for
/// in the id, the key and the error; what holds a space or a colon stands in double quotes.
/// </summary>
internal static class FilterText
{
    public const string Example = "type:email reason:exhausted since:1h \"mailbox unavailable\"";

    private static readonly string[] Names = ["module", "type", "reason", "cause", "state", "since", "from", "to", "text"];

    /// <summary>The filter, or the one thing that is wrong with the text.</summary>
    public static (DeadLetterFilter? Filter, string? Error) Parse(string text, DateTimeOffset now)
    {
        var (filter, words, seen) = (new DeadLetterFilter(), new List<string>(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var (name, value) in Cut(text))
        {
            if (name is null or "text")
            {
                words.Add(value);
                continue;
            }
            if (!Names.Contains(name, StringComparer.Ordinal))
            {
                return (null, $"'{name}:' is not a part of a filter.{NearestWord.Hint(name, Names)} Parts: {string.Join(", ", Names.Select(known => known + ":"))}. To look for it as text, put it in double quotes.");
            }
            if (value.Length == 0)
            {
                return (null, $"'{name}:' says nothing behind the colon, such as in {Example}.");
            }
            if (!seen.Add(name == "since" ? "from" : name))
            {
                return (null, $"'{name}:' is there twice, or with both since: and from:. A filter has each part once.");
            }
            if (Set(ref filter, name, value, now) is { } error)
            {
                return (null, error);
            }
        }
        return (words.Count == 0 ? filter : filter with { Text = string.Join(' ', words) }, null);
    }

    /// <summary>The text that <see cref="Parse"/> reads as this filter; empty for one that lets everything through.</summary>
    public static string Of(DeadLetterFilter filter)
    {
        var parts = new List<string>();
        void Add(string name, string? value) => parts.AddRange(value is null ? [] : [$"{name}:{Quoted(value)}"]);
        Add("module", filter.Module);
        Add("type", filter.Type);
        Add("reason", filter.Reason);
        Add("cause", filter.Cause);
        Add("state", filter.State?.ToWire());
        Add("from", filter.From is { } from ? TaskHeaders.Format(from) : null);
        Add("to", filter.To is { } to ? TaskHeaders.Format(to) : null);
        Add("text", filter.Text);
        return string.Join(' ', parts);
    }

    private static string? Set(ref DeadLetterFilter filter, string name, string value, DateTimeOffset now)
    {
        switch (name)
        {
            case "module":
                filter = filter with { Module = value };
                return null;
            case "type":
                filter = filter with { Type = value };
                return null;
            case "cause":
                filter = filter with { Cause = value };
                return null;
            case "reason":
                filter = filter with { Reason = value };
                return DeadReasons.All.Contains(value) ? null : Unknown("reason", value, DeadReasons.All);
            case "state":
                filter = filter with { State = DeadLetterStateNames.FromWire(value) };
                return filter.State is not null ? null : Unknown("state", value, Enum.GetValues<DeadLetterState>().Select(state => state.ToWire()));
            default:
                if (Time(name, value, now) is not { } time)
                {
                    return $"'{name}:{value}' is not a time. {(name == "since" ? "Say how long ago: since:90s, since:15m, since:1h, since:2d." : $"Say when, in UTC: {name}:2026-11-20 or {name}:2026-11-20T12:00:00Z.")}";
                }
                filter = name == "to" ? filter with { To = time } : filter with { From = time };
                return null;
        }
    }

    private static string Unknown(string name, string value, IEnumerable<string> known)
    {
        var all = known.ToArray();
        return $"'{value}' is not a {name}.{NearestWord.Hint(value, all)} A {name} is one of {string.Join(", ", all)}.";
    }

    private static DateTimeOffset? Time(string name, string value, DateTimeOffset now) => name == "since"
        ? Ago(value) is { } ago ? now - ago : null
        : DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    /// <summary>At most ten years, so that no sum leaves the calendar.</summary>
    private static TimeSpan? Ago(string value)
    {
        var unit = value[^1] switch { 's' => TimeSpan.FromSeconds(1), 'm' => TimeSpan.FromMinutes(1), 'h' => TimeSpan.FromHours(1), 'd' => TimeSpan.FromDays(1), _ => TimeSpan.Zero };
        return unit > TimeSpan.Zero && int.TryParse(value[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number * unit.TotalDays <= 3660 ? number * unit : null;
    }

    /// <summary>The parts of the text: a name and its value, or a word without a name.</summary>
    private static IEnumerable<(string? Name, string Value)> Cut(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
                continue;
            }
            string? name = null;
            var value = new StringBuilder();
            var wasQuoted = false;
            for (var isQuoted = false; i < text.Length && (isQuoted || !char.IsWhiteSpace(text[i])); i++)
            {
                if (text[i] == '"')
                {
                    (isQuoted, wasQuoted) = (!isQuoted, true);
                }
                else if (text[i] == '\\' && isQuoted && i + 1 < text.Length && text[i + 1] is ('"' or '\\'))
                {
                    value.Append(text[++i]);
                }
                else if (text[i] == ':' && name is null && !wasQuoted)
                {
                    name = value.ToString();
                    value.Clear();
                }
                else
                {
                    value.Append(text[i]);
                }
            }
            yield return (name, value.ToString());
        }
    }

    private static string Quoted(string value) =>
        value.Any(c => char.IsWhiteSpace(c) || c is '"' or '\\') ? $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"" : value;
}
