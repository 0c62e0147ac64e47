using System.Text;

namespace Consumers.Host.Cli;

/// <summary>Text from outside, made fit for a terminal: control characters and direction marks could rewrite what stands there.</summary>
internal static class Terminal
{
    public static string Clean(string text)
    {
        if (!text.Any(IsUnfit))
        {
            return text;
        }
        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            clean.Append(IsUnfit(c) ? '\uFFFD' : c);
        }
        return clean.ToString();
    }

    private static bool IsUnfit(char c) =>
        char.IsControl(c) || c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\u200E' or '\u200F';
}
