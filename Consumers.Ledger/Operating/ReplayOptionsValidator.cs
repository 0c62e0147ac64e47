using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Ledger;

internal sealed class ReplayOptionsValidator : IValidateOptions<ReplayOptions>
{
    public ValidateOptionsResult Validate(string? name, ReplayOptions options)
    {
        var errors = new OptionErrors(ReplayOptions.Section);
        errors.Check(options.ReplayRate is >= ReplayOptions.LowestRate and <= ReplayOptions.HighestRate, nameof(options.ReplayRate), options.ReplayRate, "0.1 to 10000 a second");
        return errors.Result;
    }
}
