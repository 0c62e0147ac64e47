using System.Globalization;
using Consumers.Host.Pages;
using Microsoft.AspNetCore.Razor.TagHelpers;

namespace Consumers.Host.TagHelpers;

/// <summary><c>&lt;share-bar of="..."/&gt;</c>: a part of the whole as a bar and as a number.</summary>
[HtmlTargetElement("share-bar", TagStructure = TagStructure.WithoutEndTag)]
public sealed class ShareBarTagHelper : TagHelper
{
    /// <summary>0 to 1; null when unknown.</summary>
    public double? Of { get; set; }

    /// <summary>False for one that has no part in it, and while there is nothing to share: then there is nothing to be known.</summary>
    public bool Counted { get; set; } = true;

    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        output.TagName = "span";
        output.TagMode = TagMode.StartTagAndEndTag;
        if (Of is not { } share)
        {
            output.Attributes.SetAttribute("class", "unknown");
            output.Content.SetContent(Counted ? "unknown" : "–");
            return;
        }
        output.Attributes.SetAttribute("class", "share");
        // The number beside it says the same to those who do not see the bar.
        output.Content.SetHtmlContent(string.Create(CultureInfo.InvariantCulture,
            $"""<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="whole" width="100" height="10" /><rect class="part" width="{Math.Clamp(share, 0, 1) * 100:0.##}" height="10" /></svg> <span class="num">{Words.Percent(share)}</span>"""));
    }
}
