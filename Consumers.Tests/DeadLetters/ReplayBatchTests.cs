using Consumers.Core;
using Consumers.Core.InMemory;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.DeadLetters;

/// <summary>How much of a replay is in memory at once.</summary>
public sealed class ReplayBatchTests
{
    private const int MiB = 1024 * 1024;

    [Theory]
    [InlineData(100, 60)]
    [InlineData(4 * MiB, 4)]
    [InlineData(20 * MiB, 1)]
    public async Task No_more_bodies_are_taken_up_at_once_than_a_batch_may_hold(int bodyBytes, int atOnce)
    {
        Watched? watched = null;
        await using var fleet = await OperationFleet.StartAsync(consumers =>
        {
            consumers.AddInMemory();
            var inner = consumers.Services.Last(service => service.ServiceType == typeof(ITaskTransport));
            consumers.Services.Remove(inner);
            consumers.Services.AddSingleton<ITaskTransport>(provider => watched = new Watched((ITaskTransport)inner.ImplementationFactory!(provider)));
        });
        new DeadLetterSeed().Insert(fleet.Ledger, 60);
        // Only what the entry says of its size: bodies of so many bytes would prove no more.
        fleet.Read($"""UPDATE "DeadLetters" SET "BodyBytes" = {bodyBytes}""");

        await fleet.StartAsync(OperationFleet.Replay());
        var done = await fleet.UntilAsync(OperationState.Done);

        done.Succeeded.ShouldBe(60);
        watched!.MostAtOnce.ShouldBeLessThanOrEqualTo(atOnce);
        if (bodyBytes > 100)
        {
            watched.MostAtOnce.ShouldBe(atOnce, "and as many as fit");
        }
    }

    /// <summary>Counts what is published at one time, and takes its time over it.</summary>
    private sealed class Watched(ITaskTransport inner) : ITaskTransport
    {
        private readonly Lock _lock = new();
        private int _now;

        public int MostAtOnce { get; private set; }

        public string Module => inner.Module;

        public bool IsDurable => inner.IsDurable;

        public bool KeepsRows => inner.KeepsRows;

        public GuardMode Guard => inner.Guard;

        public IReadOnlyList<LaneState> Lanes => inner.Lanes;

        public ValueTask PublishAsync(TaskMessage message, CancellationToken cancellationToken) => inner.PublishAsync(message, cancellationToken);

        public ValueTask PublishStatusAsync(StatusEvent status, CancellationToken cancellationToken) => inner.PublishStatusAsync(status, cancellationToken);

        public ValueTask<TransportSnapshot> SnapshotAsync(CancellationToken cancellationToken) => inner.SnapshotAsync(cancellationToken);

        public async ValueTask PublishAgainAsync(ReplayMessage message, CancellationToken cancellationToken)
        {
            lock (_lock)
            {
                MostAtOnce = Math.Max(MostAtOnce, ++_now);
            }
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
            await inner.PublishAgainAsync(message, cancellationToken);
            lock (_lock)
            {
                _now--;
            }
        }
    }
}
