using System.Globalization;
using Microsoft.Extensions.Options;

namespace Consumers.Core;

/// <summary>Collects every wrong option of a section, so that one start tells all of them.</summary>
public sealed class OptionErrors(string section)
{
    private readonly List<string> _errors = [];

    /// <param name="rule">What the value must be, as the end of a sentence.</param>
    public void Check(bool isRight, string name, object? value, string rule)
    {
        if (!isRight)
        {
            _errors.Add(string.Create(CultureInfo.InvariantCulture, $"{section}:{name} is '{value}', but must be {rule}. Environment: {(section + ":" + name).Replace(":", "__", StringComparison.Ordinal)}"));
        }
    }

    public ValidateOptionsResult Result => _errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(_errors);
}
