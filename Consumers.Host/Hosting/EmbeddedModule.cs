using Consumers.Core;
using Consumers.Core.InMemory;
using Consumers.Kafka;
using Consumers.Rabbit;
using Consumers.Scaling;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Hosting;

/// <summary>A module without its broker: the word <c>embedded</c> in the place of an address chooses the transport in memory.</summary>
internal static class EmbeddedModule
{
    /// <summary>The module's environment variable, else its option: a command line cannot reach a broker that lives in the host's own process.</summary>
    public static bool IsChosen(IConfiguration configuration, string module)
    {
        var (variable, option) = module == ModuleSwitches.Kafka
            ? ("KAFKA_BOOTSTRAP_SERVERS", $"{KafkaOptions.Section}:{nameof(KafkaOptions.BootstrapServers)}")
            : ("RABBITMQ_URL", $"Consumers:{module}:Url");
        var url = configuration[variable] is { Length: > 0 } fromEnvironment ? fromEnvironment : configuration[option];
        return string.Equals(url?.Trim(), "embedded", StringComparison.OrdinalIgnoreCase);
    }

    public static TaskConsumersBuilder AddEmbeddedRabbit(this TaskConsumersBuilder consumers, IConfiguration configuration) =>
        consumers.Add(ModuleSwitches.Rabbit, RabbitOptions.Section, Bind<RabbitOptions>(configuration, RabbitOptions.Section), counts: false);

    public static TaskConsumersBuilder AddEmbeddedScaling(this TaskConsumersBuilder consumers, IConfiguration configuration)
    {
        var options = Bind<ScalingOptions>(configuration, ScalingOptions.Section);
        if (options.ConsumerInstanceName is { Length: > 0 } name)
        {
            consumers.Services.PostConfigure<ConsumersOptions>(shared => shared.InstanceName = name);
        }
        return consumers.Add(ModuleSwitches.Scaling, ScalingOptions.Section, options, counts: true);
    }

    private static TOptions Bind<TOptions>(IConfiguration configuration, string section) where TOptions : RabbitOptions, new()
    {
        var options = new TOptions();
        configuration.GetSection(section).Bind(options);
        return options;
    }

    /// <summary>Of the module's options, those that mean something without a broker: the guard, what is done without it, and the concurrency.</summary>
    private static TaskConsumersBuilder Add(this TaskConsumersBuilder consumers, string module, string section, RabbitOptions options, bool counts)
    {
        var errors = new OptionErrors(section);
        errors.Check(options.MinConcurrency is >= 1 and <= 1000, nameof(options.MinConcurrency), options.MinConcurrency, "1 to 1000");
        errors.Check(options.MaxConcurrency >= options.MinConcurrency && options.MaxConcurrency <= 1000, nameof(options.MaxConcurrency), options.MaxConcurrency, "MinConcurrency to 1000");
        return errors.Result.Failed
            ? throw new OptionsValidationException(section, options.GetType(), errors.Result.Failures)
            : consumers.AddInMemory(module, options.Guard, options.MinConcurrency, options.MaxConcurrency, options.GuardAway, counts);
    }
}
