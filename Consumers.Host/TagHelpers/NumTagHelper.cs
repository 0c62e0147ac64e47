using Consumers.Host.Pages;
using Microsoft.AspNetCore.Razor.TagHelpers;

namespace Consumers.Host.TagHelpers;

/// <summary><c>&lt;num of="..."/&gt;</c>: a count, or the word "unknown", which is not zero.</summary>
[HtmlTargetElement("num", TagStructure = TagStructure.WithoutEndTag)]
public sealed class NumTagHelper : TagHelper
{
    public long? Of { get; set; }

    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        output.TagName = "span";
        output.TagMode = TagMode.StartTagAndEndTag;
        output.Attributes.SetAttribute("class", Of is null ? "unknown" : "num");
        output.Content.SetContent(Words.Number(Of));
    }
}
