using Consumers.Rabbit;

namespace Consumers.Tests.Contract;

public sealed class RabbitContract : TransportContract
{
    protected override async ValueTask<ITransportHarness> CreateHarnessAsync() =>
        await RabbitHarness.CreateAsync((builder, configure) => builder.AddRabbit(configure));
}
