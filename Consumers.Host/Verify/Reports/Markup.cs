using System.Globalization;
using System.Net;
using System.Text;

namespace Consumers.Host.Verify;

/// <summary>HTML as it is built: text is always escaped, and only what is written as markup here is markup.</summary>
internal sealed class Markup
{
    private readonly StringBuilder _text = new();

    /// <summary>Markup of ours; whatever is put into it is escaped.</summary>
    public Markup Add(FormattableString markup)
    {
        object?[] arguments = [.. markup.GetArguments().Select<object?, object?>(argument => argument switch
        {
            Markup inner => inner.ToString(),
            IFormattable number => number,
            _ => WebUtility.HtmlEncode(argument?.ToString() ?? ""),
        })];
        _text.AppendFormat(CultureInfo.InvariantCulture, markup.Format, arguments);
        return this;
    }

    /// <summary>A constant of ours as it is, such as a style sheet.</summary>
    public Markup AddRaw(string constant)
    {
        _text.Append(constant);
        return this;
    }

    public override string ToString() => _text.ToString();
}
