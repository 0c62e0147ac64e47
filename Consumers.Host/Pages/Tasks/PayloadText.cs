using System.Text;
using Consumers.Host.Texts;

namespace Consumers.Host.Pages.Tasks;

/// <summary>A payload as text to look at: indented, and no longer than a page can bear.</summary>
internal sealed record PayloadText(string Text, int Bytes, bool IsCut)
{
    private const int LongestShown = 16 * 1024;

    public static PayloadText Of(ReadOnlyMemory<byte> payload)
    {
        var text = payload.Length > LongestShown ? Encoding.UTF8.GetString(payload.Span[..LongestShown]) : JsonText.Indented(payload);
        var isCut = payload.Length > LongestShown || text.Length > 4 * LongestShown;
        return new PayloadText(VisibleText.Lines(text[..Math.Min(text.Length, 4 * LongestShown)]), payload.Length, isCut);
    }
}
