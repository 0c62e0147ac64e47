using Consumers.Core;
using Consumers.Rabbit;
using Microsoft.Extensions.Options;

namespace Consumers.Scaling;

/// <summary>All that is wrong at once: the rules of the transport, and the module's own.</summary>
public sealed class ScalingOptionsValidator : IValidateOptions<ScalingOptions>
{
    private readonly RabbitOptionsValidator _transport = new(ScalingOptions.Section);

    public ValidateOptionsResult Validate(string? name, ScalingOptions options)
    {
        var errors = new OptionErrors(ScalingOptions.Section);
        errors.Check(
            options.ConsumerInstanceName is null or "" || InstanceIdentity.IsValid(options.ConsumerInstanceName),
            nameof(options.ConsumerInstanceName), options.ConsumerInstanceName, InstanceIdentity.Rule);
        ValidateOptionsResult[] results = [errors.Result, _transport.Validate(name, options)];
        var failures = results.Where(result => result.Failed).SelectMany(result => result.Failures!).ToArray();
        return failures.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
