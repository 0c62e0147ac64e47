using System.Diagnostics;
using System.Globalization;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Hostile;

using Fleet = Consumers.Tests.EndToEnd.Fleet;

/// <summary>What a message of each class costs the process that gets it. Processor time, not duration: it stays comparable on a busy machine.</summary>
public sealed class HostileCostTests
{
    private const int Seed = 20261121;
    private const int OfEach = 100;

    /// <summary>Most classes take a tenth of it. The rest is for what a process does meanwhile on a machine that lets it take long, and for the wrappings that some bodies come in.</summary>
    private const double MostMilliseconds = 20;

    private const double MostMillisecondsAKiB = 0.05;

    /// <summary>The client library reads it level by level before anything of ours sees it.</summary>
    private const string NotOurs = "header nested 26,000 deep";

    [Fact]
    public async Task No_class_costs_out_of_proportion_to_its_bytes()
    {
        LongTests.Require($"{OfEach} messages of every class, one class after another");
        await using var fleet = await Fleet.CreateAsync();
        var host = await ProbeHost.StartAsync(fleet, new KeyValuePair<string, string>("Consumers__Retry__MaxDelay", "00:00:00.400"));
        await using var publisher = await RawPublisher.ConnectAsync(fleet.Broker);
        var classes = new HostileGenerator(Seed).TakeOfEach(OfEach).ToDictionary(kind => kind.Key, kind => kind.ToArray());
        classes["good"] = [.. Good("good")];
        // The first are dearer: everything is compiled on the way.
        await CostAsync(fleet, host, publisher, Good("warm-1").Concat(Good("warm-2")));
        await CostAsync(fleet, host, publisher, classes["not json"]);

        var costs = new List<(string Class, double Milliseconds, double KiB)>();
        foreach (var (name, messages) in classes)
        {
            var milliseconds = await CostAsync(fleet, host, publisher, messages);
            costs.Add((name, milliseconds, messages.Average(message => message.Body.Length + message.Properties.ToArray().Length) / 1024));
        }

        foreach (var (name, milliseconds, kib) in costs.OrderByDescending(cost => cost.Milliseconds))
        {
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{milliseconds,8:0.00} ms {kib,8:0.0} KiB  {name}"));
        }
        costs.Where(cost => cost.Class != NotOurs && cost.Milliseconds > MostMilliseconds + (MostMillisecondsAKiB * cost.KiB)).ShouldBeEmpty();
    }

    private static IEnumerable<HostileMessage> Good(string prefix) =>
        Enumerable.Range(0, OfEach).Select(i => new HostileMessage("good", HostileBodies.Valid($"{prefix}-{i}"), new(), null, $"{prefix}-{i}"));

    /// <summary>Milliseconds of processor time a message, from its publishing until all of them have their end.</summary>
    private static async Task<double> CostAsync(Fleet fleet, HostProcess host, RawPublisher publisher, IEnumerable<HostileMessage> messages)
    {
        var all = messages.ToArray();
        using var process = Process.GetProcessById(host.Pid);
        var (dead, done, before) = (fleet.Broker.DeadLetters.Count, Done(fleet), process.TotalProcessorTime);
        await publisher.PublishAsync(fleet.Broker.WorkQueue, all);
        await Eventually.TrueAsync(
            () => fleet.Broker.DeadLetters.Count - dead >= all.Count(message => message.Reason is not null) && Done(fleet) - done >= all.Count(message => message.Reason is null),
            $"all of '{all[0].Class}' have their end", TimeSpan.FromMinutes(2));
        process.Refresh();
        return (process.TotalProcessorTime - before).TotalMilliseconds / all.Length;
    }

    private static int Done(Fleet fleet) => fleet.Broker.Statuses.Count(status => status.Status == "COMPLETED");
}
