using System.Text.Json.Nodes;
using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Hostile;

using Fleet = Consumers.Tests.EndToEnd.Fleet;

/// <summary>Hostile records of every class among good ones, against a real process.</summary>
public sealed class KafkaHostileInputTests
{
    private const int Seed = 20261121;
    private const string Kafka = "kafka";

    /// <summary>The mock cluster keeps 5 MiB a partition: no more than this is on its way at once.</summary>
    private const int MostAtOnce = 1536 * 1024;

    private static readonly int Count = LongTests.AreOn ? 10_000 : 1_000;

    [Fact]
    public void There_are_at_least_forty_classes_with_names_of_their_own()
    {
        KafkaHostileGenerator.ClassNames.Count.ShouldBeGreaterThanOrEqualTo(40);
        KafkaHostileGenerator.ClassNames.ShouldBeUnique();
        new KafkaHostileGenerator(Seed).Take(500).Select(record => record.Hash).ShouldBe(new KafkaHostileGenerator(Seed).Take(500).Select(record => record.Hash), "a seed is a promise");
    }

    [Fact]
    public async Task Every_hostile_record_is_dead_lettered_byte_for_byte_with_its_reason_and_every_good_one_is_done()
    {
        using var folder = new TempFolder();
        await using var broker = await KafkaBroker.StartAsync(partitions: 3);
        await using var host = await HostProcess.StartAsync(
            "consumer-1",
            // The probe, which these messages are tasks for, is there only where a history is written.
            broker.Environmental().Concat([new("Consumers__Retry__MaxDelay", "00:00:00.400"), new("Consumers__Kafka__Workers", "20"), new("Consumers__History__Folder", folder.File("history"))]),
            folder);
        var hostile = new KafkaHostileGenerator(Seed).Take(Count).ToArray();
        var published = new Dictionary<KafkaHostileRecord, string>(ReferenceEqualityComparer.Instance);
        var (rows, bytes) = (0, 0L);

        foreach (var record in hostile.SelectMany((record, i) => i % 2 == 0 ? new[] { record, Good(i) } : [record]))
        {
            var at = await broker.PublishAsync(record.Message);
            published.Add(record, record.Id ?? $"{at.Topic}:{at.Partition.Value}:{at.Offset.Value}");
            rows += record.IsTask ? 1 : 0;
            bytes += (record.Message.Value?.Length ?? 0) + (record.Message.Key?.Length ?? 0) + record.Message.Headers.Sum(header => header.Key.Length + (header.GetValueBytes()?.Length ?? 0) + 2);
            if (bytes > MostAtOnce)
            {
                bytes = 0;
                await SettledAsync(broker, host, published, rows);
            }
        }
        await SettledAsync(broker, host, published, rows);

        var dead = await broker.ReadAsync(broker.DeadLetterTopic);
        var bad = published.Keys.Where(record => record.Reason is not null).ToArray();
        var (came, missing) = Differences(dead, bad);
        // A task that leaves its id to its place in the log has that written into it when it is parked, or it would be another task when it comes back, and with it what it leaves to defaults and to its record's key.
        missing.ShouldAllBe(record => record.IsTask && record.Id == null && record.Message.Headers.Any(header => header.Key == TaskHeaders.DueAt));
        came.Select(letter => (TypeAndPayload(letter.Message.Value), Text(letter, TaskHeaders.DeadReason))).ShouldBe(missing.Select(record => (TypeAndPayload(record.Message.Value), (string?)record.Reason!.Value.ToWire())), ignoreOrder: true);
        dead.ShouldAllBe(record => HasError(Text(record, TaskHeaders.LastError)));
        var statuses = await broker.StatusesAsync();
        var ran = statuses.Where(status => status.Status == "COMPLETED").Select(status => status.Id).ToHashSet();
        published.Where(entry => entry.Key.Reason is null && !ran.Contains(entry.Value)).Select(entry => entry.Key.Class).ShouldBeEmpty();
        // A task whose type nobody knows, or whose payload does not fit, begins and ends; a body that is none must not even begin.
        var mayBegin = published.Where(entry => entry.Key.Reason is null or DeadReason.NoHandler or DeadReason.Permanent).Select(entry => entry.Value);
        statuses.Where(status => status.Status == "PROCESSING").Select(status => status.Id).Except(mayBegin).ShouldBeEmpty();
        (await host.TerminateAsync()).ShouldBe(0, host.Output);
        (await broker.LagAsync() + await broker.RetryLagAsync()).ShouldBe(0, "every offset is committed");
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"seed {Seed}: {hostile.Length} hostile records of {KafkaHostileGenerator.ClassNames.Count} classes, {bad.Length} dead-lettered; {published.Count - hostile.Length} good ones beside them are done");
    }

    /// <summary>Waits until all of it is done and committed, and reads what the mock cluster would forget.</summary>
    private static async Task SettledAsync(KafkaBroker broker, HostProcess host, Dictionary<KafkaHostileRecord, string> published, int rows)
    {
        var dead = published.Keys.Count(record => record.Reason is not null);
        await Fleet.QuiesceAsync(host, rows, TimeSpan.FromMinutes(2), Kafka);
        await Eventually.TrueAsync(async () => await broker.LagAsync() + await broker.RetryLagAsync() == 0, () => $"all is committed. {host.Output}", TimeSpan.FromSeconds(60));
        await Eventually.TrueAsync(async () => (await broker.ReadAsync(broker.DeadLetterTopic)).Count >= dead, () => $"{dead} dead letters. {host.Output}", TimeSpan.FromSeconds(60));
        await broker.StatusesAsync();
    }

    private static KafkaHostileRecord Good(int number) => new("good", KafkaEnvelopes.Plain(HostileBodies.Valid($"good-{number}")), null, $"good-{number}", IsTask: true);

    private static string? Text(Confluent.Kafka.ConsumeResult<byte[]?, byte[]?> record, string name) => Consumers.Kafka.KafkaHeaders.Read(record.Message.Headers, name);

    private static bool HasError(string? error) => error is { Length: > 0 and <= TaskHeaders.MaxErrorLength } && !error.Any(char.IsControl);

    /// <summary>The dead letters that no record accounts for by bytes and reason, and the records that no dead letter does.</summary>
    private static (List<Confluent.Kafka.ConsumeResult<byte[]?, byte[]?>> Came, List<KafkaHostileRecord> Missing) Differences(
        IEnumerable<Confluent.Kafka.ConsumeResult<byte[]?, byte[]?>> dead, IEnumerable<KafkaHostileRecord> bad)
    {
        var left = dead.GroupBy(letter => (KafkaHostileRecord.HashOf(letter.Message.Key, letter.Message.Value), Text(letter, TaskHeaders.DeadReason)))
            .ToDictionary(group => group.Key, group => new Queue<Confluent.Kafka.ConsumeResult<byte[]?, byte[]?>>(group));
        var missing = bad.Where(record => !(left.TryGetValue((record.Hash, record.Reason!.Value.ToWire()), out var letters) && letters.TryDequeue(out _))).ToList();
        return ([.. left.Values.SelectMany(letters => letters)], missing);
    }

    private static string TypeAndPayload(byte[]? body)
    {
        var task = JsonNode.Parse(body)!;
        return $"{task["type"]} {task["payload"]?.ToJsonString()}";
    }
}
