using Consumers.Core;
using Consumers.Tests.Contract;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Crash;

internal sealed class RabbitCrashSite(RabbitBroker broker, RetryOptions retry) : ICrashSite
{
    public string Module => "rabbit";

    public IEnumerable<KeyValuePair<string, string>> Environmental() => broker.Environmental();

    public Task PublishAsync(ReadOnlyMemory<byte> body) => broker.PublishAsync(body, messageId: null);

    public async Task<long> LeftAsync()
    {
        var left = 0L;
        foreach (var queue in new RetrySchedule(retry).Tiers.Select(tier => $"{broker.Prefix}-retry.{RetrySchedule.NameOf(tier)}").Append(broker.WorkQueue))
        {
            left += await broker.ReadyAsync(queue);
        }
        return left;
    }

    public Task<IReadOnlyList<SeenMessage>> DeadLettersAsync() => Task.FromResult(broker.DeadLetters);

    public Task<IReadOnlyList<StatusEvent>> StatusesAsync() => Task.FromResult(broker.Statuses);

    public ValueTask DisposeAsync() => broker.DisposeAsync();
}
