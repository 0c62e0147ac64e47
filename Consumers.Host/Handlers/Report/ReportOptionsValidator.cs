using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Handlers.Report;

internal sealed class ReportOptionsValidator : IValidateOptions<ReportOptions>
{
    public ValidateOptionsResult Validate(string? name, ReportOptions options)
    {
        var errors = new OptionErrors(ReportOptions.Section);
        errors.Check(
            !string.IsNullOrWhiteSpace(options.Folder) && options.Folder.IndexOfAny(Path.GetInvalidPathChars()) < 0 && !File.Exists(options.Folder),
            nameof(options.Folder), options.Folder, "a folder's path");
        return errors.Result;
    }
}
