using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Monitoring;

/// <summary>Section <c>Consumers:Dashboard</c>.</summary>
internal sealed class DashboardOptions
{
    public const string Section = "Consumers:Dashboard";

    /// <summary>The share of tasks that are to succeed, over 28 days: above 0, below 1. Default 0.99.</summary>
    public double SuccessObjective { get; set; } = 0.99;

    /// <summary>How many pages may be live at once in this instance; the others ask every few seconds. 1 to 10,000, default 100.</summary>
    public int MaxStreams { get; set; } = 100;
}

internal sealed class DashboardOptionsValidator : IValidateOptions<DashboardOptions>
{
    public ValidateOptionsResult Validate(string? name, DashboardOptions options)
    {
        var errors = new OptionErrors(DashboardOptions.Section);
        errors.Check(options.SuccessObjective is > 0 and < 1, nameof(options.SuccessObjective), options.SuccessObjective, "above 0 and below 1, such as 0.99");
        errors.Check(options.MaxStreams is >= 1 and <= 10_000, nameof(options.MaxStreams), options.MaxStreams, "1 to 10000");
        return errors.Result;
    }
}
