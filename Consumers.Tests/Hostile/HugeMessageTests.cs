using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Hostile;

using Fleet = Consumers.Tests.EndToEnd.Fleet;

public sealed class HugeMessageTests
{
    private const int MiB = 1024 * 1024;

    /// <summary>
    /// A quiet lane has a prefetch of 6, so 6 × 16 MiB are in the client's memory before the first is looked at; they are not copied, and one at a time is written again in a
    /// buffer of the next power of two. 6 × 16 + 32 is 128; the process takes 150 by itself. One of 70 MiB: 128 + 128. The archivist has the body once more, up to 128, and copies of
    /// the 16 MiB that it keeps, in its buffer and in SQLite. The rest is for what the collector has not given back.
    /// </summary>
    private const int MostMiB = 800;

    /// <summary>One of 127 MiB, the most that a broker takes with its defaults, is 128 + 128 again, while the arrays of the one before it may still be kept.</summary>
    private const int MostMiBForTheLargest = 900;

    [Fact]
    public async Task Huge_messages_are_dead_lettered_whole_and_the_memory_stays_bounded()
    {
        var many = LongTests.AreOn ? 100 : 5;
        await using var fleet = await Fleet.CreateAsync();
        var host = await ProbeHost.StartAsync(fleet);
        await using var publisher = await RawPublisher.ConnectAsync(fleet.Broker);
        var hashes = new List<string>();

        for (var i = 0; i < many; i++)
        {
            await PublishAsync(fleet, publisher, 16, hashes);
        }
        await DeadLetteredAsync(fleet, host, hashes);
        var peakOfMany = PeakMemory.MiBOf(host.Pid);
        await PublishAsync(fleet, publisher, 70, hashes);
        await publisher.PublishAsync(fleet.Broker.WorkQueue, Good(200, "behind"));

        await DeadLetteredAsync(fleet, host, hashes);
        var peak = PeakMemory.MiBOf(host.Pid);
        if (LongTests.AreOn)
        {
            await PublishAsync(fleet, publisher, 127, hashes);
            await publisher.PublishAsync(fleet.Broker.WorkQueue, Good(200, "last"));
            await DeadLetteredAsync(fleet, host, hashes);
        }
        var good = LongTests.AreOn ? 400 : 200;
        var stats = await Fleet.QuiesceAsync(host, good);
        Fleet.Of(stats, "completed").ShouldBe(good);
        // What is this large is kept as its hash.
        fleet.Broker.DeadLetters.Select(dead => Convert.ToHexStringLower(dead.Body.Span)).ShouldBe(hashes, ignoreOrder: true);
        fleet.Broker.DeadLetters.ShouldAllBe(dead => dead.Headers[TaskHeaders.DeadReason] == "too-large");
        var last = PeakMemory.MiBOf(host.Pid);
        TestContext.Current.TestOutputHelper?.WriteLine($"peak memory after {many} messages of 16 MiB: {peakOfMany} MiB; after one of 70 MiB: {peak} MiB; at the end: {last} MiB");
        peak.ShouldBeLessThan(MostMiB);
        last.ShouldBeLessThan(MostMiBForTheLargest);
    }

    private static IEnumerable<HostileMessage> Good(int count, string prefix) =>
        Enumerable.Range(0, count).Select(i => new HostileMessage("good", HostileBodies.Valid($"{prefix}-{i}"), new(), null, $"{prefix}-{i}"));

    private static async Task PublishAsync(Fleet fleet, RawPublisher publisher, int mebibytes, List<string> hashes)
    {
        var body = new byte[mebibytes * MiB];
        new Random(hashes.Count).NextBytes(body);
        hashes.Add(HostileMessage.HashOf(body));
        await publisher.PublishAsync(fleet.Broker.WorkQueue, [new HostileMessage("huge", body, new(), DeadReason.TooLarge, null)]);
    }

    private static Task DeadLetteredAsync(Fleet fleet, HostProcess host, List<string> hashes) => Eventually.TrueAsync(
        () => new ValueTask<bool>(fleet.Broker.DeadLetters.Count >= hashes.Count), () => $"{hashes.Count} dead letters; there are {fleet.Broker.DeadLetters.Count}. {host.Output}", TimeSpan.FromMinutes(5));
}
