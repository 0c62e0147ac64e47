using Microsoft.AspNetCore.Razor.TagHelpers;

namespace Consumers.Host.TagHelpers;

/// <summary><c>&lt;instance-state of="..."/&gt;</c>: what an instance says of itself, or that it says nothing.</summary>
[HtmlTargetElement("instance-state", TagStructure = TagStructure.WithoutEndTag)]
public sealed class InstanceStateTagHelper : TagHelper
{
    public string Of { get; set; } = "";

    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        var known = Of is "running" or "draining" or "stopped" or "silent" ? Of : "other";
        output.TagName = "span";
        output.TagMode = TagMode.StartTagAndEndTag;
        output.Attributes.SetAttribute("class", $"badge i-{known}");
        output.Content.SetContent($"{Sign(known)} {Of}");
    }

    private static string Sign(string state) => state switch
    {
        "running" => "●",
        "draining" => "◑",
        "silent" => "○",
        _ => "■",
    };
}
