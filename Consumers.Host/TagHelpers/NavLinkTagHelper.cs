using Microsoft.AspNetCore.Mvc.Rendering;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.AspNetCore.Razor.TagHelpers;

namespace Consumers.Host.TagHelpers;

/// <summary><c>&lt;nav-link to="/tasks"&gt;</c>: a link that says when it is the page one is on.</summary>
[HtmlTargetElement("nav-link")]
public sealed class NavLinkTagHelper : TagHelper
{
    public string To { get; set; } = "/";

    [ViewContext]
    [HtmlAttributeNotBound]
    public ViewContext ViewContext { get; set; } = null!;

    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        var request = ViewContext.HttpContext.Request;
        output.TagName = "a";
        output.Attributes.SetAttribute("href", request.PathBase + To);
        if (To == "/" ? request.Path == "/" : request.Path.StartsWithSegments(To))
        {
            output.Attributes.SetAttribute("aria-current", request.Path == To ? "page" : "true");
        }
    }
}
