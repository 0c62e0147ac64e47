using Consumers.Core;
using Consumers.Tests.Contract;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Crash;

internal sealed class KafkaCrashSite(KafkaBroker broker) : ICrashSite
{
    public string Module => "kafka";

    public IEnumerable<KeyValuePair<string, string>> Environmental() => broker.Environmental();

    public Task PublishAsync(ReadOnlyMemory<byte> body) => broker.PublishAsync(body);

    public async Task<long> LeftAsync() => await broker.LagAsync() + await broker.RetryLagAsync();

    public Task<IReadOnlyList<SeenMessage>> DeadLettersAsync() => broker.DeadLettersAsync();

    public Task<IReadOnlyList<StatusEvent>> StatusesAsync() => broker.StatusesAsync();

    public ValueTask DisposeAsync() => broker.DisposeAsync();
}
