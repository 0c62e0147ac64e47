using System.Buffers;
using System.Text;

namespace Consumers.Core;

/// <summary>
/// An error with what differs from task to task masked out, so that a thousand failures of one kind read alike. One pass over at most <see cref="MaxInput"/> characters, written by
/// hand: errors come from outside, and no text may make this slow.
/// </summary>
public static class ErrorMask
{
    public const string Id = "<id>", Url = "<url>", Email = "<email>", Address = "<address>", Quoted = "'…'";
    public const char Number = '#';

    /// <summary>What lies behind tells no causes apart.</summary>
    public const int MaxInput = TaskHeaders.MaxErrorLength;

    private const int MaxQuoted = 256, ShortestHex = 8, ShortestRandom = 16, LongestSegment = 24;

    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdefABCDEF-");
    private static readonly SearchValues<char> OfNumbers = SearchValues.Create("0123456789.:,+-/TZ%");
    private static readonly SearchValues<char> OfAddresses = SearchValues.Create("0123456789abcdefABCDEF.:[]%");

    public static string Mask(string error)
    {
        var text = error.AsSpan(0, Math.Min(error.Length, MaxInput));
        var masked = new StringBuilder(text.Length);
        var at = SkipType(text, masked);
        while (at < text.Length)
        {
            var c = text[at];
            if (char.IsWhiteSpace(c) || char.IsControl(c))
            {
                if (masked.Length > 0 && masked[^1] != ' ')
                {
                    masked.Append(' ');
                }
                at++;
            }
            else if (QuotedLength(text, at) is var quoted and > 0)
            {
                masked.Append(Quoted);
                at += quoted;
            }
            else if (IsOfToken(c))
            {
                var end = at + 1;
                while (end < text.Length && IsOfToken(text[end]))
                {
                    end++;
                }
                AppendToken(text[at..end], masked);
                at = end;
            }
            else
            {
                masked.Append(char.IsSurrogate(c) ? '\uFFFD' : c);
                at++;
            }
        }
        return masked.ToString().TrimEnd();
    }

    /// <summary>The type at the front stays as it is, digits and all: <c>Win32Exception: </c>.</summary>
    private static int SkipType(ReadOnlySpan<char> text, StringBuilder masked)
    {
        var colon = text.IndexOf(": ");
        if (colon is <= 0 or > TaskName.MaxLength || !(text[..colon].EndsWith("Exception") || text[..colon].EndsWith("Error")))
        {
            return 0;
        }
        foreach (var c in text[..colon])
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '+' or '`'))
            {
                return 0;
            }
        }
        masked.Append(text[..(colon + 1)]);
        return colon + 1;
    }

    /// <summary>Of a quoted value with its quotes; 0 where none begins. The apostrophe of a word is no quote.</summary>
    private static int QuotedLength(ReadOnlySpan<char> text, int at)
    {
        var close = text[at] switch { '\'' => '\'', '"' => '"', '`' => '`', '“' => '”', '‘' => '’', '«' => '»', _ => '\0' };
        if (close == '\0' || (at > 0 && char.IsLetterOrDigit(text[at - 1])))
        {
            return 0;
        }
        var within = text.Slice(at + 1, Math.Min(text.Length - at - 1, MaxQuoted));
        for (var end = 0; end < within.Length; end++)
        {
            var after = at + end + 2;
            if (within[end] == close && (close != '\'' || after >= text.Length || !char.IsLetterOrDigit(text[after])))
            {
                return end + 2;
            }
        }
        return 0;
    }

    /// <summary>What a path, an address, a number or a word may be made of; punctuation at its end is given back by <see cref="AppendToken"/>.</summary>
    private static bool IsOfToken(char c) => char.IsLetterOrDigit(c) || c is '.' or '_' or '-' or '/' or '\\' or ':' or '@' or '+' or '%' or '#' or '?' or '&' or '=' or '~' or '$' or '*' or '[' or ']' or ',';

    private static void AppendToken(ReadOnlySpan<char> token, StringBuilder masked)
    {
        var end = token.Length;
        while (end > 0 && token[end - 1] is '.' or ',' or ':' or '?' or '/' or ']' or '[' or '=' or '&')
        {
            end--;
        }
        var word = token[..end];
        if (word.IndexOfAny("=[],") is var cut and >= 0 && !word.Contains("://", StringComparison.Ordinal) && !IsNumber(word) && !IsAddress(word))
        {
            // A name and its value, or members of a list: each by itself.
            AppendToken(word[..cut], masked);
            masked.Append(word[cut]);
            AppendToken(word[(cut + 1)..], masked);
        }
        else
        {
            AppendWord(word, masked);
        }
        masked.Append(token[end..]);
    }

    private static void AppendWord(ReadOnlySpan<char> word, StringBuilder masked)
    {
        if (IsNumber(word))
        {
            masked.Append(Number);
        }
        else if (word.Contains("://", StringComparison.Ordinal))
        {
            masked.Append(Url);
        }
        else if (word.IndexOf('@') > 0 && word[^1] != '@')
        {
            masked.Append(Email);
        }
        else if (IsId(word))
        {
            masked.Append(Id);
        }
        else if (IsAddress(word))
        {
            masked.Append(Address);
        }
        else if (word.ContainsAny('/', '\\'))
        {
            AppendPath(word, masked);
        }
        else
        {
            AppendDigitsMasked(word, masked);
        }
    }

    private static bool IsNumber(ReadOnlySpan<char> word) => word.ContainsAnyInRange('0', '9') && !word.ContainsAnyExcept(OfNumbers) && !LooksLikeIp(word);

    /// <summary>Four numbers with dots, with a port or without.</summary>
    private static bool LooksLikeIp(ReadOnlySpan<char> word)
    {
        var port = word.IndexOf(':');
        var host = port < 0 ? word : word[..port];
        return host.Count('.') == 3 && System.Net.IPAddress.TryParse(host, out _);
    }

    private static bool IsAddress(ReadOnlySpan<char> word)
    {
        if (LooksLikeIp(word))
        {
            return true;
        }
        if (!word.ContainsAnyExcept(OfAddresses))
        {
            return word.Count(':') >= 2 && System.Net.IPAddress.TryParse(word, out _);
        }
        // host:port
        var colon = word.LastIndexOf(':');
        return colon > 0 && colon < word.Length - 1 && !word[(colon + 1)..].ContainsAnyExceptInRange('0', '9') && word[..colon].ContainsAnyInRange('a', 'z') && !word.ContainsAny('/', '\\');
    }

    /// <summary>A GUID, hex of some length, or letters and digits mixed as no word is.</summary>
    private static bool IsId(ReadOnlySpan<char> word)
    {
        if (word.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }
        var hasDigit = word.ContainsAnyInRange('0', '9');
        if (word.Length >= ShortestHex && hasDigit && !word.ContainsAnyExcept(Hex))
        {
            return true;
        }
        return hasDigit && word.Length >= ShortestRandom && !word.ContainsAny('/', '\\', '.') && Changes(word) >= 4;
    }

    /// <summary>How often letters and digits take turns.</summary>
    private static int Changes(ReadOnlySpan<char> word)
    {
        var changes = 0;
        for (var i = 1; i < word.Length; i++)
        {
            changes += char.IsAsciiDigit(word[i]) != char.IsAsciiDigit(word[i - 1]) ? 1 : 0;
        }
        return changes;
    }

    /// <summary>Segments that are names stay; those with digits, or too long for a name, do not.</summary>
    private static void AppendPath(ReadOnlySpan<char> path, StringBuilder masked)
    {
        while (true)
        {
            var end = path.IndexOfAny('/', '\\');
            var segment = end < 0 ? path : path[..end];
            if (segment.Length > LongestSegment || segment.ContainsAnyInRange('0', '9'))
            {
                masked.Append('*');
            }
            else
            {
                masked.Append(segment);
            }
            if (end < 0)
            {
                return;
            }
            masked.Append(path[end]);
            path = path[(end + 1)..];
        }
    }

    private static void AppendDigitsMasked(ReadOnlySpan<char> word, StringBuilder masked)
    {
        for (var i = 0; i < word.Length; i++)
        {
            if (!char.IsDigit(word[i]))
            {
                masked.Append(word[i]);
            }
            else if (masked.Length == 0 || masked[^1] != Number)
            {
                masked.Append(Number);
            }
        }
    }
}
