using Consumers.Core;
using Microsoft.AspNetCore.Razor.TagHelpers;

namespace Consumers.Host.TagHelpers;

/// <summary><c>&lt;state-badge of="..."/&gt;</c>: a task's state as sign and word, never as colour alone.</summary>
[HtmlTargetElement("state-badge", TagStructure = TagStructure.WithoutEndTag)]
public sealed class StateBadgeTagHelper : TagHelper
{
    public TaskState Of { get; set; }

    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        var word = Of.ToRoutingKey();
        output.TagName = "span";
        output.TagMode = TagMode.StartTagAndEndTag;
        output.Attributes.SetAttribute("class", $"badge {word}");
        output.Content.SetContent($"{Sign(Of)} {word}");
    }

    private static string Sign(TaskState state) => state switch
    {
        TaskState.Queued => "○",
        TaskState.Processing => "◐",
        TaskState.Retrying => "↻",
        TaskState.Completed => "✓",
        _ => "✕",
    };
}
