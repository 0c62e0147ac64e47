using Consumers.Host.Telemetry;
using Microsoft.AspNetCore.Razor.TagHelpers;
using Microsoft.Extensions.Options;

namespace Consumers.Host.TagHelpers;

/// <summary><c>&lt;trace-link of="..." text="its trace"/&gt;</c>: leads to the trace where <c>Consumers:Telemetry:TraceUrlTemplate</c> says where that is; else the id, and nothing for no id.</summary>
[HtmlTargetElement("trace-link", TagStructure = TagStructure.WithoutEndTag)]
public sealed class TraceLinkTagHelper : TagHelper
{
    private readonly string? _template;

    public TraceLinkTagHelper(IServiceProvider services) => _template = services.GetRequiredService<IOptions<TelemetryOptions>>().Value.TraceUrlTemplate;

    /// <summary>32 hexadecimal digits.</summary>
    public string? Of { get; set; }

    /// <summary>Default the id.</summary>
    public string? Text { get; set; }

    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        output.TagMode = TagMode.StartTagAndEndTag;
        if (TraceUrl.Of(_template, Of) is { } url)
        {
            output.TagName = "a";
            output.Attributes.SetAttribute("href", url);
            output.Attributes.SetAttribute("rel", "noopener noreferrer");
            output.Attributes.SetAttribute("title", $"trace {Of}");
            output.Content.SetContent(Text ?? Of);
        }
        else if (Of is { Length: > 0 } && Text is null)
        {
            output.TagName = "span";
            output.Content.SetContent(Of);
        }
        else
        {
            output.SuppressOutput();
        }
    }
}
