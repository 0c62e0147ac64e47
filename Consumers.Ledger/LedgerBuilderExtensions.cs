using Consumers.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Consumers.Ledger;

public static class LedgerBuilderExtensions
{
    /// <summary>
    /// Adds the ledger: guard, durable publishing, queries and the fleet's leases, all on one SQLite file. Options come from the section
    /// <c>Consumers:Ledger</c>, then from <paramref name="configure"/>; wrong ones stop the start, and so does a file that cannot be used (<see cref="LedgerUnusableException"/>).
    /// </summary>
    public static TaskConsumersBuilder AddLedger(this TaskConsumersBuilder builder, Action<LedgerOptions>? configure = null)
    {
        var services = builder.Services;
        services.AddOptions<LedgerOptions>()
            .BindConfiguration(LedgerOptions.Section)
            .Configure(options => configure?.Invoke(options))
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LedgerOptions>, LedgerOptionsValidator>());

        services.TryAddSingleton<LedgerDatabase>();
        services.TryAddSingleton<IDbContextFactory<LedgerContext>>(provider => provider.GetRequiredService<LedgerDatabase>());
        services.TryAddSingleton<LedgerMigrator>();
        services.TryAddSingleton<LedgerHealth>();
        services.TryAddSingleton<LedgerWriter>();
        services.TryAddSingleton<HostIdentity>();
        services.TryAddSingleton<LeaseWatch>();
        services.TryAddSingleton<OwnerJudge>();
        services.TryAddSingleton<LeaseKeeper>();
        services.TryAddSingleton<LedgerPauses>();
        services.TryAddSingleton<OperationParts>();
        services.TryAddSingleton<OperationRunner>();

        services.TryAddSingleton<IAttemptGuard, LedgerAttemptGuard>();
        services.TryAddSingleton<ITaskLedger, TaskLedger>();
        services.TryAddSingleton<ITaskQueries, TaskQueries>();
        services.TryAddSingleton<ITaskOrphans, TaskOrphans>();
        services.TryAddSingleton<ITaskSummaries, TaskSummaries>();
        services.TryAddSingleton<IReceipts, Receipts>();
        services.TryAddSingleton<IFleetState, LedgerFleetState>();
        services.TryAddSingleton<IFigureStore, FigureStore>();
        services.TryAddSingleton<DeadLetterQueries>();
        services.TryAddSingleton<IDeadLetterArchive, DeadLetterArchive>();
        services.TryAddSingleton<IAudit, LedgerAudit>();
        services.TryAddSingleton<IDeadLetterOperations, DeadLetterOperations>();
        // In the place of the process's own: a later registration goes before.
        services.AddSingleton<IPauses>(provider => provider.GetRequiredService<LedgerPauses>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IDependency, LedgerDependency>());

        services.TryAddEnumerable(ServiceDescriptor.Singleton<ICheckup, LedgerCheckup>());

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, LeaseKeeper>(provider => provider.GetRequiredService<LeaseKeeper>()));
        // After the keeper, which opens the ledger.
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, LedgerPauses>(provider => provider.GetRequiredService<LedgerPauses>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, OperationRunner>(provider => provider.GetRequiredService<OperationRunner>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, Checkpointer>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, RetentionSweep>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, DeadLetterSweep>());
        return builder.AddPublishRelay().AddDeadLetterArchivist();
    }
}
