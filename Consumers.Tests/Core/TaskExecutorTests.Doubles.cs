using Consumers.Core;
using Microsoft.Extensions.Hosting;

namespace Consumers.Tests.Core;

/// <summary>What stands in for the guard, the transport and the host around the executor.</summary>
public sealed partial class TaskExecutorTests
{
    private sealed class ScriptedGuard : IAttemptGuard
    {
        public Queue<Func<AttemptRequest, AttemptBegin>> Begins { get; } = new();

        public List<AttemptKey> Paid { get; } = [];

        public bool Accepts { get; set; } = true;

        public ValueTask<AttemptBegin> BeginAsync(AttemptRequest request, CancellationToken cancellationToken) => new(Begins.Dequeue()(request));

        public ValueTask<AttemptEnd> SettleAsync(AttemptResult result, CancellationToken cancellationToken) => new(new AttemptEnd(Accepts, result.Epoch + 1));

        public ValueTask ReleaseAsync(AttemptKey key, long epoch, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public void NotePaid(AttemptKey key) => Paid.Add(key);
    }

    private sealed class FakeDelivery(byte[] body) : Delivery
    {
        public FakeDelivery(TaskMessage task)
            : this(TaskMessageCodec.Encode(task))
        {
        }

        public bool IsLost { get; init; }

        public List<Settlement> Settlements { get; } = [];

        public OnwardMessage? Onward { get; private set; }

        public int Refusals { get; set; }

        public int Tries { get; private set; }

        public override ReadOnlyMemory<byte> Body { get; } = body;

        public string? Fallback { get; init; }

        public override string? FallbackId => Fallback;

        public override string Origin => "fake";

        public override string? Header(string name) => null;

        public override ValueTask<bool> SettleAsync(Settlement settlement, OnwardMessage? onward, CancellationToken cancellationToken)
        {
            Tries++;
            if (Refusals-- > 0)
            {
                throw new PublishFailedException(PublishFailure.Refused, "scripted refusal");
            }
            Onward = onward;
            Settlements.Add(settlement);
            return new(!IsLost);
        }
    }

    private sealed class RecordingStatus : IStatusPublisher
    {
        private readonly List<StatusEvent> _events = [];

        public IReadOnlyList<StatusEvent> Events
        {
            get
            {
                lock (_events)
                {
                    return [.. _events];
                }
            }
        }

        public ValueTask PublishStatusAsync(StatusEvent status, CancellationToken cancellationToken)
        {
            lock (_events)
            {
                _events.Add(status);
            }
            return ValueTask.CompletedTask;
        }
    }

    private sealed class NeverStopping : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => default;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication() { }
    }
}
