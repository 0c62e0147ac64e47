using Microsoft.AspNetCore.Razor.TagHelpers;

namespace Consumers.Host.TagHelpers;

/// <summary><c>&lt;fate-badge of="dead"/&gt;</c>: the state of a dead letter, of an operation or of one of its entries, as sign and word.</summary>
[HtmlTargetElement("fate-badge", TagStructure = TagStructure.WithoutEndTag)]
public sealed class FateBadgeTagHelper : TagHelper
{
    /// <summary>As in the API.</summary>
    public string Of { get; set; } = "";

    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        var (sign, look) = Of switch
        {
            "dead" or "failed-again" => ("✕", "failed"),
            "replayed" or "published" or "claimed" => ("→", "processing"),
            "running" => ("◐", "processing"),
            "paused" or "stopped" => ("‖", "retrying"),
            "done" or "succeeded" => ("✓", "completed"),
            "waiting" => ("○", "queued"),
            _ => ("■", "other"),
        };
        output.TagName = "span";
        output.TagMode = TagMode.StartTagAndEndTag;
        output.Attributes.SetAttribute("class", $"badge {look}");
        output.Content.SetContent($"{sign} {Of.Replace('-', ' ')}");
    }
}
