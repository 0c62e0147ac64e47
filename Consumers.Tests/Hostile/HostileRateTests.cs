using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Hostile;

using Fleet = Consumers.Tests.EndToEnd.Fleet;

/// <summary>Good traffic at a fixed rate, alone and beside a stream of hostile messages, in one run on one process.</summary>
public sealed class HostileRateTests
{
    private const int GoodASecond = 100;
    private const int HostileASecond = 50;
    private const int Seed = 20261121;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);
    private static readonly int Seconds = LongTests.AreOn ? 40 : 4;

    [Fact]
    public async Task Good_traffic_keeps_its_rate_beside_hostile_messages()
    {
        await using var fleet = await Fleet.CreateAsync();
        var host = await ProbeHost.StartAsync(fleet);
        await using var publisher = await RawPublisher.ConnectAsync(fleet.Broker);
        await using var stranger = await RawPublisher.ConnectAsync(fleet.Broker);
        var hostile = new HostileGenerator(Seed).Take(HostileASecond * Seconds).ToArray();
        // Their ids are told apart by the first letter: what is processed of the hostile ones does not count.
        await RateAsync(fleet, publisher, "w", Good("w", GoodASecond));

        var alone = await RateAsync(fleet, publisher, "a", Good("a", GoodASecond * Seconds));
        var strange = OfferAsync(fleet, stranger, hostile, HostileASecond);
        var beside = await RateAsync(fleet, publisher, "b", Good("b", GoodASecond * Seconds));
        await strange;

        var bad = hostile.Count(message => message.Reason is not null);
        await Eventually.TrueAsync(
            () => new ValueTask<bool>(fleet.Broker.DeadLetters.Count >= bad), () => $"{bad} dead letters; there are {fleet.Broker.DeadLetters.Count}. {host.Output}", TimeSpan.FromMinutes(5));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"good tasks offered at {GoodASecond}/s for {Seconds} s: alone {alone:0.0}/s, beside {HostileASecond}/s hostile ones {beside:0.0}/s ({beside / alone:P0}); {bad} dead letters");
        if (LongTests.AreOn)
        {
            beside.ShouldBeGreaterThanOrEqualTo(0.9 * alone);
        }
    }

    private static HostileMessage[] Good(string prefix, int count) =>
        [.. Enumerable.Range(0, count).Select(i => new HostileMessage("good", HostileBodies.Valid($"{prefix}-rate-{i}"), new(), null, $"{prefix}-rate-{i}"))];

    /// <summary>Good tasks a second, from the first that is offered to the last that is done.</summary>
    private static async Task<double> RateAsync(Fleet fleet, RawPublisher publisher, string prefix, HostileMessage[] good)
    {
        var began = TimeProvider.System.GetTimestamp();
        await OfferAsync(fleet, publisher, good, GoodASecond);
        var missing = good.Select(message => message.Id!).ToHashSet(StringComparer.Ordinal);
        await Eventually.TrueAsync(
            () =>
            {
                missing.ExceptWith(fleet.Broker.Statuses.Where(status => status.Status == "COMPLETED").Select(status => status.Id));
                return new ValueTask<bool>(missing.Count == 0);
            },
            () => $"all of '{prefix}' are done; {missing.Count} are not",
            TimeSpan.FromMinutes(5));
        return good.Length / TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>A step that comes late is made up for by the next: the rate is offered whatever the machine is doing.</summary>
    private static async Task OfferAsync(Fleet fleet, RawPublisher publisher, HostileMessage[] messages, int perSecond)
    {
        var began = TimeProvider.System.GetTimestamp();
        for (var sent = 0; sent < messages.Length;)
        {
            var due = Math.Min(messages.Length, (int)((TimeProvider.System.GetElapsedTime(began) + Step).TotalSeconds * perSecond));
            if (due > sent)
            {
                await publisher.PublishAsync(fleet.Broker.WorkQueue, messages[sent..due]);
                sent = due;
            }
            await Task.Delay(Step, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
