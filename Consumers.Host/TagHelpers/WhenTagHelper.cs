using System.Globalization;
using Consumers.Core;
using Microsoft.AspNetCore.Razor.TagHelpers;

namespace Consumers.Host.TagHelpers;

/// <summary><c>&lt;when time="..."/&gt;</c>: the time in UTC, with the day unless it is today's; how long ago on hover.</summary>
[HtmlTargetElement("when", TagStructure = TagStructure.WithoutEndTag)]
public sealed class WhenTagHelper(TimeProvider clock) : TagHelper
{
    public DateTimeOffset? Time { get; set; }

    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        output.TagMode = TagMode.StartTagAndEndTag;
        if (Time is not { } time)
        {
            output.TagName = "span";
            output.Attributes.SetAttribute("class", "unknown");
            output.Content.SetContent("–");
            return;
        }
        var now = clock.GetUtcNow();
        var utc = time.ToUniversalTime();
        output.TagName = "time";
        output.Attributes.SetAttribute("datetime", TaskHeaders.Format(time));
        output.Attributes.SetAttribute("title", $"{utc.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture)} UTC");
        output.Content.SetContent(utc.ToString(utc.Date == now.UtcDateTime.Date ? "HH:mm:ss" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture));
    }
}
