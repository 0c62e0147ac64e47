using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Ledger;

internal sealed class LedgerOptionsValidator : IValidateOptions<LedgerOptions>
{
    public ValidateOptionsResult Validate(string? name, LedgerOptions options)
    {
        var errors = new OptionErrors(LedgerOptions.Section);
        errors.Check(IsFilePath(options.Path), "Path", options.Path, "the path of a file");
        errors.Check(options.Retention >= TimeSpan.FromHours(1) && options.Retention <= TimeSpan.FromDays(3650), "Retention", options.Retention, "1 hour to 3650 days, because a redelivery is recognized by the rows that stay");
        errors.Check(options.RetentionBatch is >= 1 and <= 10_000, "RetentionBatch", options.RetentionBatch, "1 to 10000");
        errors.Check(options.BusyTimeout >= TimeSpan.FromMilliseconds(10) && options.BusyTimeout <= TimeSpan.FromSeconds(60), "BusyTimeout", options.BusyTimeout, "10 ms to 60 s");
        errors.Check(options.OrphanedAfter >= TimeSpan.FromSeconds(1) && options.OrphanedAfter <= TimeSpan.FromDays(7), "OrphanedAfter", options.OrphanedAfter, "1 s to 7 days");
        return errors.Result;
    }

    private static bool IsFilePath(string? path) =>
        !string.IsNullOrWhiteSpace(path) && path.IndexOfAny(Path.GetInvalidPathChars()) < 0 && !Path.EndsInDirectorySeparator(path);
}
