using Consumers.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Consumers.Tests.Core;

public sealed class ModuleBreakersTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public void A_flood_of_types_fills_no_memory_and_idle_ones_make_room()
    {
        var breakers = Create(new TakesAll());
        _time.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < ModuleBreakers.MaxTypes * 3; i++)
        {
            Enter(breakers, $"type-{i}")?.Report(TaskOutcome.Success());
        }
        breakers.Count.ShouldBe(ModuleBreakers.MaxTypes);

        _time.Advance(TimeSpan.FromMinutes(1));
        Enter(breakers, "newcomer").ShouldNotBeNull();
        breakers.Count.ShouldBe(1);
    }

    [Fact]
    public void A_type_without_a_handler_and_a_handler_that_wants_none_have_no_breaker()
    {
        Enter(Create(), "unknown").ShouldBeNull();
        Enter(Create(new TakesAll(), options => options.Breaker = false), "any").ShouldBeNull();
    }

    [Fact]
    public void One_type_that_is_paused_leaves_the_others_alone()
    {
        var breakers = Create(new TakesAll());
        for (var i = 0; i < 20; i++)
        {
            Enter(breakers, "email")!.Report(TaskOutcome.RetryableFailure("away"));
        }

        Enter(breakers, "email", out var askAgainAt).ShouldBeNull();
        askAgainAt.ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(_time.GetUtcNow() + TimeSpan.FromSeconds(5));
        Enter(breakers, "report").ShouldNotBeNull();
        breakers.Pauses.ShouldHaveSingleItem().Type.ShouldBe("email");
    }

    private ModuleBreakers Create(ITaskHandler? handler = null, Action<HandlerOptions>? configure = null)
    {
        var services = new ServiceCollection();
        var consumers = services.AddTaskConsumers();
        if (handler is not null)
        {
            consumers.AddHandler<TakesAll>(configure);
        }
        var provider = services.AddSingleton<Microsoft.Extensions.Configuration.IConfiguration>(new Microsoft.Extensions.Configuration.ConfigurationBuilder().Build()).BuildServiceProvider();
        return new ModuleBreakers("rabbit", provider.GetRequiredService<HandlerCatalog>(), new BreakerOptions(), _time, NullLogger.Instance);
    }

    private static BreakerPass? Enter(ModuleBreakers breakers, string type) => Enter(breakers, type, out _);

    private static BreakerPass? Enter(ModuleBreakers breakers, string type, out DateTimeOffset? askAgainAt) =>
        breakers.TryEnter(TaskMessage.Create(type, "null"u8.ToArray(), 5, DateTimeOffset.UnixEpoch), new Random(1), out askAgainAt);

    private sealed class TakesAll : ITaskHandler
    {
        public bool CanHandle(string taskType) => true;

        public ValueTask<TaskOutcome> HandleAsync(TaskContext context, CancellationToken cancellationToken) => new(TaskOutcome.Success());
    }
}
