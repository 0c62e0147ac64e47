using System.Globalization;
using Consumers.Host.Pages;
using Microsoft.AspNetCore.Razor.TagHelpers;

namespace Consumers.Host.TagHelpers;

/// <summary><c>&lt;spark-line of="..."/&gt;</c>: a number for every hour as a row of small bars, drawn here, so that it needs no script.</summary>
[HtmlTargetElement("spark-line", TagStructure = TagStructure.WithoutEndTag)]
public sealed class SparkLineTagHelper : TagHelper
{
    private const int Height = 20;
    private const int Step = 4;

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<int> Of { get; set; } = [];

    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        var most = Math.Max(1, Of.Count == 0 ? 0 : Of.Max());
        var words = $"{Words.Count(Of.Sum(count => (long)count), "dead letter", "dead letters")} in the last {Of.Count} hours{(Of.Sum(count => (long)count) > 0 ? $", at most {most} in one" : "")}";
        output.TagName = "span";
        output.TagMode = TagMode.StartTagAndEndTag;
        output.Attributes.SetAttribute("class", "spark");
        output.Attributes.SetAttribute("title", words);
        // At least a line for what is not zero: one among thousands is still one.
        var bars = string.Concat(Of.Select((count, i) => count <= 0 ? "" : Bar(i * Step, Math.Max(2.0, (double)count / most * Height))));
        output.Content.SetHtmlContent(string.Create(CultureInfo.InvariantCulture,
            $"""<svg viewBox="0 0 {Math.Max(1, Of.Count) * Step} {Height}" preserveAspectRatio="none" aria-hidden="true"><rect class="ground" y="{Height - 0.5}" width="{Math.Max(1, Of.Count) * Step}" height="0.5" />{bars}</svg><span class="sr">{words}</span>"""));
    }

    private static string Bar(int x, double height) =>
        string.Create(CultureInfo.InvariantCulture, $"""<rect x="{x}" y="{Height - height:0.##}" width="{Step - 1}" height="{height:0.##}" />""");
}
