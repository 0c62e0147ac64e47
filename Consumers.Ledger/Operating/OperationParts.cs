using Consumers.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consumers.Ledger;

/// <summary>What running an operation takes.</summary>
internal sealed class OperationParts(
    LedgerDatabase database, LedgerWriter writer, InstanceIdentity self, OwnerJudge judge, IPauses pauses, IEnumerable<ITaskTransport> transports, IOptions<ConsumersOptions> options, TimeProvider time,
    ILogger<OperationRunner> logger, IFleetGuard? fleetGuard = null, ITaskCountReader? counts = null, ProcessHistory? history = null)
{
    private readonly Dictionary<string, ITaskTransport> _transports = transports.ToDictionary(transport => transport.Module, StringComparer.Ordinal);

    public LedgerDatabase Database => database;

    public LedgerWriter Writer => writer;

    public InstanceIdentity Self => self;

    public OwnerJudge Judge => judge;

    public IPauses Pauses => pauses;

    public ConsumersOptions Options => options.Value;

    public TimeProvider Time => time;

    public ILogger Logger => logger;

    public ProcessHistory History => history ?? ProcessHistory.Off;

    /// <summary>What instances share; null where nothing was added.</summary>
    public IFleetGuard? FleetGuard => fleetGuard;

    /// <summary>Where the status of tasks without rows is read; null where nobody keeps it.</summary>
    public ITaskCountReader? Counts => counts;

    public IReadOnlyDictionary<string, GuardMode> Guards { get; } = transports.ToDictionary(transport => transport.Module, transport => transport.Guard, StringComparer.Ordinal);

    public ITaskTransport? Transport(string module) => _transports.GetValueOrDefault(module);

    /// <param name="modules">Parted by spaces.</param>
    public bool CanPublishAll(string modules) => modules.Split(' ').All(module => Transport(module) is { CanPublish: true });
}
