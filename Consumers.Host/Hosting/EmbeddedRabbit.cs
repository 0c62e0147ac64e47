using Consumers.Core;
using Consumers.Core.InMemory;
using Consumers.Rabbit;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Hosting;

/// <summary>The module without its broker: the word <c>embedded</c> in the place of an address chooses the transport in memory.</summary>
internal static class EmbeddedRabbit
{
    /// <summary>RABBITMQ_URL, else <c>Consumers:Rabbit:Url</c>.</summary>
    public static bool IsChosen(IConfiguration configuration)
    {
        var url = configuration["RABBITMQ_URL"] is { Length: > 0 } fromEnvironment ? fromEnvironment : configuration["Consumers:Rabbit:Url"];
        return string.Equals(url?.Trim(), "embedded", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Of the module's options, those that mean something without a broker: the guard and the concurrency.</summary>
    public static TaskConsumersBuilder AddEmbeddedRabbit(this TaskConsumersBuilder consumers, IConfiguration configuration)
    {
        var options = new RabbitOptions();
        configuration.GetSection(RabbitOptions.Section).Bind(options);
        var errors = new OptionErrors(RabbitOptions.Section);
        errors.Check(options.MinConcurrency is >= 1 and <= 1000, nameof(options.MinConcurrency), options.MinConcurrency, "1 to 1000");
        errors.Check(options.MaxConcurrency >= options.MinConcurrency && options.MaxConcurrency <= 1000, nameof(options.MaxConcurrency), options.MaxConcurrency, "MinConcurrency to 1000");
        return errors.Result.Failed
            ? throw new OptionsValidationException(RabbitOptions.Section, typeof(RabbitOptions), errors.Result.Failures)
            : consumers.AddInMemory(ModuleSwitches.Rabbit, options.Guard, options.MinConcurrency, options.MaxConcurrency);
    }
}
