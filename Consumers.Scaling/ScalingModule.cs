using Consumers.Rabbit;

namespace Consumers.Scaling;

/// <summary>The module's own parts of the transport: a type of its own, so that they live beside those of the Rabbit module.</summary>
internal sealed record ScalingModule(RabbitModule Transport, RabbitTaskSource Source) : IAsyncDisposable
{
    public const string Name = "scaling";

    public ValueTask DisposeAsync() => Transport.DisposeAsync();
}
