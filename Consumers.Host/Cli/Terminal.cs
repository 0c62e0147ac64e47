using System.Text;
using Consumers.Host.Texts;

namespace Consumers.Host.Cli;

/// <summary>Text from outside, made fit for a terminal: control characters and direction marks could rewrite what stands there.</summary>
internal static class Terminal
{
    public static string Clean(string text)
    {
        if (!text.Any(VisibleText.IsUnfit))
        {
            return text;
        }
        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            clean.Append(VisibleText.IsUnfit(c) ? '\uFFFD' : c);
        }
        return clean.ToString();
    }
}
