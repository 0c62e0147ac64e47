using Microsoft.AspNetCore.Razor.TagHelpers;

namespace Consumers.Host.TagHelpers;

/// <summary><c>&lt;fig name="backlog" in="figures"/&gt;</c>: a figure that an open page is told anew while it changes.</summary>
[HtmlTargetElement("fig", TagStructure = TagStructure.WithoutEndTag)]
public sealed class FigTagHelper : TagHelper
{
    public string Name { get; set; } = "";

    /// <summary>In words, by name.</summary>
    public IReadOnlyDictionary<string, string> In { get; set; } = new Dictionary<string, string>();

    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        output.TagName = "span";
        output.TagMode = TagMode.StartTagAndEndTag;
        output.Attributes.SetAttribute("class", "num");
        output.Attributes.SetAttribute("data-fig", Name);
        output.Content.SetContent(In[Name]);
    }
}
