using Consumers.Core;
using Consumers.Ledger;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Consumers.Tests.Ledger;

public sealed class FleetTests
{
    [Fact]
    public async Task Instances_are_listed_as_running_silent_or_stopped()
    {
        await using var ledger = new TestLedger();
        var (runs, dies, stops) = (await ledger.StartAsync("runs"), await ledger.StartAsync("dies"), await ledger.StartAsync("stops"));
        await stops.Keeper.StoppedAsync(CancellationToken.None);
        await ledger.PassAsync(TimeSpan.FromSeconds(11), runs);

        var listed = await runs.Fleet.ListAsync(CancellationToken.None);

        listed.Select(instance => (instance.Name, instance.State)).ShouldBe([("dies", "silent"), ("runs", "running"), ("stops", "stopped")]);
        listed[0].RunId.ShouldBe(dies.Identity.RunId);
    }

    [Fact]
    public async Task A_second_live_instance_of_a_name_is_refused()
    {
        await using var ledger = new TestLedger();
        var first = await ledger.StartAsync("twin", TimeProvider.System);
        var second = new TestInstance("twin", ledger.Options, TimeProvider.System);
        var clock = new FakeTime();
        var keeper = new LeaseKeeper(second.Migrator, second.Writer, second.Identity, second.Host, second.Judge, second.Leases, FlightRecorder.Off, second.Database, clock, Microsoft.Extensions.Logging.Abstractions.NullLogger<LeaseKeeper>.Instance);

        var start = keeper.StartingAsync(CancellationToken.None);
        while (!start.IsCompleted)
        {
            await first.RenewAsync();
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        (await Should.ThrowAsync<InstanceNameTakenException>(() => start)).Message.ShouldContain("the instance name 'twin' is taken");
        await second.DisposeAsync();
    }

    [Fact]
    public async Task A_name_whose_owner_went_silent_is_free_after_its_lease()
    {
        await using var ledger = new TestLedger();
        await ledger.StartAsync("twin");
        ledger.Time.Advance(TimeSpan.FromSeconds(11));

        await ledger.StartAsync("twin");

        ledger.Read("SELECT COUNT(*) FROM Instances WHERE Name = 'twin'").ShouldBe("2");
    }

    [Fact]
    public async Task A_host_with_the_ledger_opens_it_before_its_modules_and_is_marked_stopped_after_them()
    {
        await using var ledger = new TestLedger();
        var builder = new HostApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection([new("CONSUMER_ID", "hosted"), new("Consumers:Ledger:Path", ledger.Path)]);
        builder.Services.AddTaskConsumers().AddLedger();
        builder.Services.AddHostedService<BeginsAtStart>();
        using (var host = builder.Build())
        {
            await host.StartAsync();
            host.Services.GetServices<IDependency>().Single().State.Health.ShouldBe(DependencyHealth.Up);
            await host.Services.GetRequiredService<IFleetState>().ReportAsync(Report(host.Services.GetRequiredService<InstanceIdentity>()), CancellationToken.None);
            await host.StopAsync();
        }

        ledger.Read("SELECT Name || ' ' || State || ' ' || Completed FROM Instances").ShouldBe("hosted stopped 7");
        ledger.Read("SELECT Status FROM Tasks WHERE Id = 'at-start'").ShouldBe("COMPLETED", "a module that stops can still settle");
    }

    [Fact]
    public void Wrong_options_stop_the_start_with_all_that_is_wrong()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddTaskConsumers().AddLedger(options =>
        {
            options.Path = " ";
            options.Retention = TimeSpan.FromMinutes(59);
            options.RetentionBatch = 0;
        });
        using var provider = services.BuildServiceProvider();

        var wrong = Should.Throw<OptionsValidationException>(() => provider.GetRequiredService<IOptions<LedgerOptions>>().Value);

        wrong.Failures.Count().ShouldBe(3);
        wrong.Message.ShouldContain("Consumers:Ledger:Retention is '00:59:00', but must be 1 hour to 3650 days");
    }

    private static InstanceReport Report(InstanceIdentity self) =>
        new(self.Name, self.RunId, self.Host, self.Pid, "1", "rabbit", "http://localhost:8080", self.StartedAt, self.StartedAt, "running", 1, 7, 0);

    private sealed class BeginsAtStart(IAttemptGuard guard) : IHostedService
    {
        private AttemptBegin.Begun? _begun;

        public async Task StartAsync(CancellationToken cancellationToken) =>
            _begun = (AttemptBegin.Begun)await guard.BeginAsync(new AttemptRequest(TestInstance.Message("at-start"), 1, "rabbit", true), cancellationToken);

        public async Task StopAsync(CancellationToken cancellationToken) => await guard.SettleAsync(
            new AttemptResult(_begun!, TaskState.Completed, "success", Settlement.Ack.Instance, null, TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow()),
            cancellationToken);
    }
}
