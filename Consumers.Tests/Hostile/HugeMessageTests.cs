using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Hostile;

using Fleet = Consumers.Tests.EndToEnd.Fleet;

public sealed class HugeMessageTests
{
    private const int MiB = 1024 * 1024;

    /// <summary>
    /// A quiet lane has a prefetch of 6, so 6 × 16 MiB are in the client's memory before the first is looked at; they are not copied, and one at a time is written again in a
    /// buffer of the next power of two. 6 × 16 + 32 is 128; the process takes 150 by itself. One of 70 MiB or of 127: 128 + 128. The archivist has the body once more, up to 128, and copies of
    /// the 16 MiB that it keeps, in its buffer and in SQLite. The rest is for what the collector has not given back.
    /// </summary>
    private const int MostMiB = 800;

    [Fact]
    public async Task Huge_messages_are_dead_lettered_whole_and_the_memory_stays_bounded()
    {
        var many = LongTests.AreOn ? 100 : 5;
        await using var fleet = await Fleet.CreateAsync();
        var host = await ProbeHost.StartAsync(fleet);
        await using var publisher = await RawPublisher.ConnectAsync(fleet.Broker);
        var hashes = new List<string>();

        // The broker takes 128 MiB, and the client by itself 64.
        int[] larger = LongTests.AreOn ? [70, 127] : [70];
        foreach (var size in Enumerable.Repeat(16, many).Concat(larger))
        {
            var body = new byte[size * MiB];
            new Random(hashes.Count).NextBytes(body);
            hashes.Add(HostileMessage.HashOf(body));
            await publisher.PublishAsync(fleet.Broker.WorkQueue, [new HostileMessage("huge", body, new(), DeadReason.TooLarge, null)]);
        }
        await publisher.PublishAsync(fleet.Broker.WorkQueue, Enumerable.Range(0, 200).Select(i => new HostileMessage("good", HostileBodies.Valid($"good-{i}"), new(), null, $"good-{i}")));

        await Eventually.TrueAsync(
            () => new ValueTask<bool>(fleet.Broker.DeadLetters.Count >= hashes.Count), () => $"{hashes.Count} dead letters; there are {fleet.Broker.DeadLetters.Count}. {host.Output}", TimeSpan.FromMinutes(5));
        var stats = await Fleet.QuiesceAsync(host, 200);
        Fleet.Of(stats, "completed").ShouldBe(200);
        // What is this large is kept as its hash.
        fleet.Broker.DeadLetters.Select(dead => Convert.ToHexStringLower(dead.Body.Span)).ShouldBe(hashes, ignoreOrder: true);
        fleet.Broker.DeadLetters.ShouldAllBe(dead => dead.Headers[TaskHeaders.DeadReason] == "too-large");
        var peak = PeakMemory.MiBOf(host.Pid);
        TestContext.Current.TestOutputHelper?.WriteLine($"{many} messages of 16 MiB and one of {string.Join(" and ", larger)} MiB: peak memory {peak} MiB");
        peak.ShouldBeLessThan(MostMiB);
    }
}
