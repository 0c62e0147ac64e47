using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consumers.Core;

/// <summary>Makes one executor a module: modules differ in their guard and in where status events go.</summary>
public sealed class TaskExecutorFactory(IServiceProvider services, IOptions<ConsumersOptions> options, ILoggerFactory loggers, TimeProvider time)
{
    /// <summary>Suspects run alone in the process, whichever module they came by.</summary>
    private readonly SuspectGate _gate = new();

    /// <param name="away">What the module does while Redis as its guard is away.</param>
    /// <param name="counts">Whether the module's tasks are counted in what the fleet shares.</param>
    /// <exception cref="InvalidOperationException">The module's guard was not added.</exception>
    public TaskExecutor Create(string module, GuardMode guard, IStatusPublisher status, GuardAway away = GuardAway.Wait, bool counts = false)
    {
        var stats = services.GetRequiredService<PipelineStats>().For(module);
        var drain = services.GetRequiredService<DrainSignals>();
        var identity = services.GetRequiredService<InstanceIdentity>();
        var logger = loggers.CreateLogger<TaskExecutor>();
        var counters = counts ? services.GetService<ITaskCounters>() ?? NoCounters.Instance : NoCounters.Instance;
        var attemptGuard = new TracedGuard(GuardFor(module, guard, away, counts));
        return new TaskExecutor(
            module,
            attemptGuard,
            _gate,
            services.GetRequiredService<TaskBreakers>().For(module),
            services.GetRequiredService<IPauses>(),
            new HandlerRunner(services.GetRequiredService<HandlerCatalog>(), services, drain, services.GetRequiredService<AbandonedHandlers>(), stats, options.Value.Handlers.CancellationGrace, time, logger),
            new OnwardMessages(identity, time),
            new DebtPayer(status, drain, time, logger),
            stats,
            new ModuleTelemetry(module, services.GetRequiredService<HandlerCatalog>(), identity, services.GetRequiredService<IOptions<TraceOptions>>().Value.ProcessParent),
            services.GetRequiredService<RetrySchedule>(),
            identity,
            options.Value,
            drain,
            time,
            services.GetRequiredService<Random>(),
            logger)
        {
            Counters = counters,
            AttemptCounters = attemptGuard.Counts ? NoCounters.Instance : counters,
            Flights = services.GetRequiredService<FlightRecorder>(),
            History = services.GetRequiredService<ProcessHistory>(),
        };
    }

    private IAttemptGuard GuardFor(string module, GuardMode guard, GuardAway away, bool counts) => guard switch
    {
        GuardMode.None => NoGuard.Instance,
        GuardMode.Redis => services.GetService<IFleetGuard>()?.For(away, counts)
            ?? throw new InvalidOperationException($"The module '{module}' has Redis as its guard, but nothing that the fleet shares: call AddFleet(), or set Consumers:{module}:Guard=none."),
        _ => services.GetService<IAttemptGuard>()
            ?? throw new InvalidOperationException($"The module '{module}' has the ledger as its guard, but there is no ledger: call AddLedger(), or set Consumers:{module}:Guard=none and Consumers:{module}:Record=none."),
    };
}
