using Consumers.Core;
using Consumers.Rabbit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Consumers.Tests.Core;

public sealed class OptionsTests
{
    [Fact]
    public void All_wrong_options_are_named_at_once_with_value_and_rule()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([
            new("Consumers:DefaultMaxRetries", "400"),
            new("Consumers:Retry:Jitter", "0.5"),
            new("Consumers:Handlers:Types:email:Timeout", "00:00:00"),
            new("Consumers:DeadLetters:MaxKeptBytes", "10"),
            new("Consumers:DeadLetters:DeadRetention", "00:00:10"),
        ]).Build());
        services.AddTaskConsumers();
        using var provider = services.BuildServiceProvider();

        var error = Should.Throw<OptionsValidationException>(() => provider.GetRequiredService<IOptions<ConsumersOptions>>().Value);

        error.Failures.Count().ShouldBe(5);
        error.Message.ShouldContain("Consumers:DefaultMaxRetries is '400', but must be 0 to 100");
        error.Message.ShouldContain("Consumers__Retry__Jitter");
        error.Message.ShouldContain("Consumers:Handlers:Types:email:Timeout is '00:00:00'");
        error.Message.ShouldContain("Consumers:DeadLetters:MaxKeptBytes is '10', but must be 1024 to 536870912");
        error.Message.ShouldContain("Consumers:DeadLetters:DeadRetention is '00:00:10', but must be 1 hour to 3650 days");
    }

    [Theory]
    [InlineData("Consumers:Handlers:Timeout", "00:14:56", "Consumers:Handlers:Timeout is '00:14:56', but must be at most 00:14:55")]
    [InlineData("Consumers:Handlers:Types:report:Timeout", "01:00:00", "Consumers:Handlers:Types:report:Timeout is '01:00:00', but must be at most 00:14:55")]
    [InlineData("Consumers:Handlers:CancellationGrace", "00:10:01", "Consumers:Handlers:Timeout is '00:05:00', but must be at most 00:04:59")]
    [InlineData("Consumers:Handlers:Timeout", "00:14:55", null)]
    public void A_handler_that_may_outlive_the_brokers_consumer_timeout_is_refused(string option, string value, string? error)
    {
        Problem([new(option, value)])?[..error!.Length].ShouldBe(error);
        Problem([new(option, value), new("Consumers:Rabbit:ConsumerTimeout", "02:30:00")]).ShouldBeNull("the broker was given more time");
        Problem([new(option, value), new("Consumers:Rabbit:ConsumerTimeout", "0")]).ShouldBeNull("the broker has none");
        Problem([new(option, value), new("Consumers:Rabbit:Enabled", "false")]).ShouldBeNull("and nobody consumes from it");
        (Problem([new(option, value)]) is null).ShouldBe(error is null);

        static string? Problem(KeyValuePair<string, string?>[] settings)
        {
            var services = new ServiceCollection();
            services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
            services.AddTaskConsumers().AddRabbit().AddHandler<Fixtures.ScriptedHandler>();
            using var provider = services.BuildServiceProvider();
            try
            {
                _ = provider.GetRequiredService<IOptions<RabbitOptions>>().Value;
                return null;
            }
            catch (OptionsValidationException e)
            {
                return e.Failures.ShouldHaveSingleItem();
            }
        }
    }

    [Fact]
    public void A_handlers_own_timeout_counts_as_well_and_a_lane_for_each_task_has_all_the_time()
    {
        Problem(lanes: 1).ShouldNotBeNull().ShouldContain("The timeout of ScriptedHandler (AddHandler) is '00:20:00', but must be at most 00:14:55");
        Problem(lanes: 0).ShouldBeNull();

        static string? Problem(int lanes)
        {
            var services = new ServiceCollection();
            services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
            services.AddTaskConsumers().AddRabbit(options => options.Lanes = lanes).AddHandler<Fixtures.ScriptedHandler>(handler => handler.Timeout = TimeSpan.FromMinutes(20));
            using var provider = services.BuildServiceProvider();
            try
            {
                _ = provider.GetRequiredService<IOptions<RabbitOptions>>().Value;
                return null;
            }
            catch (OptionsValidationException e)
            {
                return e.Message;
            }
        }
    }

    [Fact]
    public void A_module_takes_its_address_from_the_section_then_from_the_variable_then_from_the_hosts_own_code()
    {
        const string section = "amqp://section/", variable = "amqp://variable/", code = "amqp://code/";
        Url([new("Consumers:Rabbit:Url", section)], null).ShouldBe(section);
        Url([new("Consumers:Rabbit:Url", section), new("RABBITMQ_URL", "")], null).ShouldBe(section);
        Url([new("Consumers:Rabbit:Url", section), new("RABBITMQ_URL", variable)], null).ShouldBe(variable);
        Url([new("Consumers:Rabbit:Url", section), new("RABBITMQ_URL", variable)], code).ShouldBe(code);
        Should.Throw<OptionsValidationException>(() => Url([new("RABBITMQ_URL", "nonsense")], null)).Failures.Count().ShouldBe(1, "it is validated once, however often the module was added");

        static string Url(KeyValuePair<string, string?>[] settings, string? code)
        {
            var services = new ServiceCollection();
            services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
            services.AddTaskConsumers().AddRabbit().AddRabbit(options => options.Url = code ?? options.Url);
            using var provider = services.BuildServiceProvider();
            return provider.GetRequiredService<IOptions<RabbitOptions>>().Value.Url;
        }
    }

    [Theory]
    [InlineData("../etc")]
    [InlineData("a b")]
    [InlineData("*")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789")]
    public void A_hostile_instance_name_is_refused(string name) =>
        Should.Throw<ArgumentException>(() => new InstanceIdentity(name, TimeProvider.System)).Message.ShouldContain(InstanceIdentity.Rule);

    [Fact]
    public void Without_a_name_an_instance_has_that_of_its_machine_and_process() =>
        new InstanceIdentity(null, TimeProvider.System).Name.ShouldEndWith($"-{Environment.ProcessId}");
}
