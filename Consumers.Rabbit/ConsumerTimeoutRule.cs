using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Rabbit;

/// <summary>
/// A task must be done before the broker takes it back. The broker counts from the delivery on, so a message that waits in the prefetch behind another of its kind has half of
/// <see cref="RabbitOptions.ConsumerTimeout"/>; where each task has a lane of its own none waits, and it has all of it.
/// </summary>
internal sealed class ConsumerTimeoutRule<TOptions>(string section, IEnumerable<HandlerRegistration> handlers, IOptions<ConsumersOptions> shared) : IValidateOptions<TOptions> where TOptions : RabbitOptions
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        // Who runs no handlers publishes only.
        if (!options.Enabled || options.ConsumerTimeout <= TimeSpan.Zero || !handlers.Any() || Defaults() is not { } defaults)
        {
            return ValidateOptionsResult.Success;
        }
        var longest = options.ConsumerTimeout / (options.Lanes == 0 ? 1 : 2) - defaults.CancellationGrace;
        var rule = $"at most {longest:c}: with Consumers:Handlers:CancellationGrace ({defaults.CancellationGrace:c}){(options.Lanes == 0 ? "" : ", and once more for the message before it in the prefetch,")} "
            + $"it must end within {section}:{nameof(options.ConsumerTimeout)} ({options.ConsumerTimeout:c}), when the broker takes back what is not acknowledged. "
            + "For longer tasks raise consumer_timeout in the broker's configuration, and name it in that option";
        var errors = new OptionErrors(ConsumersOptions.Section);
        errors.Check(defaults.Timeout <= longest, "Handlers:Timeout", defaults.Timeout, rule);
        foreach (var (type, of) in defaults.Types)
        {
            errors.Check(of.Timeout is not { } timeout || timeout <= longest, $"Handlers:Types:{type}:Timeout", of.Timeout, rule);
        }
        var own = handlers.Where(handler => handler.Options.Timeout > longest).Select(handler => $"The timeout of {handler.HandlerType.Name} (AddHandler) is '{handler.Options.Timeout:c}', but must be {rule}");
        string[] failures = [.. errors.Result.Failures ?? [], .. own];
        return failures.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    /// <summary>Null when they are wrong themselves, which is said where they are validated.</summary>
    private HandlerDefaults? Defaults()
    {
        try
        {
            return shared.Value.Handlers;
        }
        catch (OptionsValidationException)
        {
            return null;
        }
    }
}
