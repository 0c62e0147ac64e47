using Consumers.Core;
using Consumers.Scaling;

namespace Consumers.Tests.Contract;

/// <summary>The scaling module keeps the same contract. With rows in the ledger, because that is where the suite looks; how it counts and guards by Redis is tested where that is.</summary>
public sealed class ScalingContract : TransportContract
{
    protected override async ValueTask<ITransportHarness> CreateHarnessAsync() =>
        await RabbitHarness.CreateAsync((builder, configure) => builder.AddScaling(options =>
        {
            configure(options);
            (options.Record, options.Guard) = (RecordMode.All, GuardMode.Ledger);
        }));
}
