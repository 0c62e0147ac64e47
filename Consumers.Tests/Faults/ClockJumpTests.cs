using System.Globalization;
using System.Net;
using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Faults;

// Here, because the project of that name goes before an alias at the top.
using Fleet = EndToEnd.Fleet;

/// <summary>The clock of the machine is set forward by hours, and back, under two hosts at work. The broker's clock, and that of the test, is not.</summary>
public sealed class ClockJumpTests
{
    private const int Wave = 30;
    private static readonly TimeSpan Step = TimeSpan.FromHours(3);
    private static readonly string[] Libraries = ["/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"];

    [Fact]
    public async Task Whoever_sets_the_clock_loses_nothing_hurries_nothing_and_holds_nothing_up()
    {
        var library = Array.Find(Libraries, File.Exists);
        Assert.SkipWhen(library is null, "libfaketime is not installed (Debian: apt-get install faketime): the clock of a process cannot be set");
        await using var fleet = await Fleet.CreateAsync();
        var clock = fleet.Folder.File("clock");
        SetClock(clock, 0);
        KeyValuePair<string, string>[] environment =
        [
            new("LD_PRELOAD", library!),
            new("FAKETIME_TIMESTAMP_FILE", clock),
            // In seconds: to read the file for every look at the clock would make the hosts many times slower.
            new("FAKETIME_CACHE_DURATION", "1"),
            new("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            new("DONT_FAKE_MONOTONIC", "1"),
            new("Consumers__History__Folder", fleet.Folder.File("history")),
            new("Consumers__Retry__Base", "00:00:01"),
            new("Consumers__Retry__Cap", "00:01:00"),
            new("Consumers__Handlers__Types__probe__Breaker", "false"),
        ];
        HostProcess[] hosts = [await fleet.StartAsync("consumer-1", environment), await fleet.StartAsync("consumer-2", environment)];

        var published = 0;
        // Forward; back beyond where it was; forward to where it was.
        foreach (var steps in (int[])[1, -1, 0])
        {
            await PublishAsync(fleet, published);
            published += Wave;
            await Eventually.TrueAsync(async () => Fleet.Of(await Fleet.StatsAsync(hosts[0]), "retrying") >= 5, "some wait for their retry, and others run");
            SetClock(clock, steps);
            foreach (var host in hosts)
            {
                await Eventually.TrueAsync(async () => await HoursOffAsync(host) == steps * Step.Hours, "the host sees the clock that was set");
            }
            await Fleet.QuiesceAsync(hosts[0], published, TimeSpan.FromSeconds(60));
            foreach (var page in (string[])["/", "/rabbit", "/tasks", $"/tasks/t-{published - 1}", "/api/fleet", "/health/ready"])
            {
                using var answer = await hosts[1].Http.GetAsync(new Uri(page, UriKind.Relative));
                answer.StatusCode.ShouldBe(HttpStatusCode.OK, page);
            }
        }

        var effects = Effects(fleet);
        for (var i = 0; i < published; i++)
        {
            var found = (await Fleet.FindAsync(hosts[0], $"t-{i}")).ShouldNotBeNull();
            found.GetProperty("status").GetString().ShouldBe("COMPLETED");
            found.GetProperty("attempts").EnumerateArray().Select(attempt => attempt.GetProperty("outcome").GetString()).ShouldBe(["retryable", "success"], $"t-{i}: no attempt was taken over");
            var ran = effects[$"t-{i}"].OrderBy(RealTime).ToArray();
            ran.Select(effect => effect.Attempt).ShouldBe([1, 2], $"t-{i}");
            (RealTime(ran[1]) - RealTime(ran[0])).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1), $"t-{i}: no retry is early");
        }
        fleet.Broker.DeadLetters.ShouldBeEmpty();
        foreach (var host in hosts)
        {
            (await host.TerminateAsync()).ShouldBe(0, host.Output);
        }
    }

    /// <summary>Each is retried once; some claim to be from long ago or from the far future.</summary>
    private static Task PublishAsync(Fleet fleet, int from) => Task.WhenAll(Enumerable.Range(from, Wave).Select(i =>
    {
        var createdAt = (i % 10) switch { 0 => DateTimeOffset.UnixEpoch, 1 => new DateTimeOffset(9999, 12, 31, 0, 0, 0, TimeSpan.Zero), _ => TimeProvider.System.GetUtcNow() };
        var task = TaskMessage.Create("probe", """{"steps":["retry","ok"],"delayMs":200}"""u8.ToArray(), 3, createdAt) with { Id = $"t-{i}" };
        return fleet.Broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id);
    }));

    /// <summary>In one step, so that no process reads half of it.</summary>
    private static void SetClock(string file, int steps)
    {
        File.WriteAllText($"{file}.new", string.Create(CultureInfo.InvariantCulture, $"{(steps < 0 ? "-" : "+")}{Math.Abs(steps) * (int)Step.TotalSeconds}\n"));
        File.Move($"{file}.new", file, overwrite: true);
    }

    private static async Task<int> HoursOffAsync(HostProcess host)
    {
        using var answer = await host.Http.GetAsync(new Uri("/health/live", UriKind.Relative));
        return (int)Math.Round((answer.Headers.Date!.Value - TimeProvider.System.GetUtcNow()).TotalHours);
    }

    /// <summary>What the hosts noted by a clock that was set, by one that was not: their clock was always off by whole steps.</summary>
    private static TimeSpan RealTime(HistoryLine line)
    {
        var noted = TimeSpan.FromMicroseconds(line.TimeUs);
        return noted - Math.Round((noted - (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch)) / Step) * Step;
    }

    private static ILookup<string, HistoryLine> Effects(Fleet fleet) => Directory.EnumerateFiles(fleet.Folder.File("history"), "*.effects.history")
        .SelectMany(EffectFile.Read)
        .ToLookup(line => line.Id);
}
