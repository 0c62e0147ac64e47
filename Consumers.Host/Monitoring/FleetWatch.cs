using Consumers.Core;

namespace Consumers.Host.Monitoring;

/// <summary>The instances and the dependencies, for pages, API and health.</summary>
internal sealed class FleetWatch(IFleetState fleet, IEnumerable<IDependency> dependencies, IEnumerable<ITaskTransport> transports, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly IDependency[] _dependencies = [.. dependencies.Where(dependency => dependency.IsUsed)];

    public IReadOnlyList<ITaskTransport> Transports { get; } = [.. transports];

    public IReadOnlyList<DependencyState> Dependencies => [.. _dependencies.Select(dependency => dependency.State)];

    public bool IsVitalDown => _dependencies.Any(dependency => dependency.IsVital && dependency.State.Health == DependencyHealth.Down);

    public ITaskTransport? Transport(string module) => Transports.FirstOrDefault(transport => transport.Module == module);

    public async Task<Known<IReadOnlyList<InstanceReport>>> InstancesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return new(await Task.Run(() => fleet.ListAsync(cancellationToken).AsTask(), cancellationToken).WaitAsync(Patience, time, cancellationToken), null);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return new(null, $"the fleet's register did not answer: {TaskHeaders.CleanError(e.Message)}");
        }
    }
}
