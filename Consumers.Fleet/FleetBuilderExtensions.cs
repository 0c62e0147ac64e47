using Consumers.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Consumers.Fleet;

public static class FleetBuilderExtensions
{
    /// <summary>What instances share. A ledger that was added before keeps the fleet itself; without one, the fleet is this process.</summary>
    public static TaskConsumersBuilder AddFleet(this TaskConsumersBuilder builder)
    {
        builder.Services.TryAddSingleton<IFleetState, InMemoryFleetState>();
        return builder;
    }
}
