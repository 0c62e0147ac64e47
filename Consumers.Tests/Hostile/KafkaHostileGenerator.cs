using System.Text;
using Consumers.Core;

namespace Consumers.Tests.Hostile;

/// <summary>Draws hostile records: the bodies that RabbitMQ gets too, and what only Kafka has. The same seed gives the same ones.</summary>
internal sealed class KafkaHostileGenerator(int seed)
{
    /// <summary>Kafka gives a task its id where the body has none: these are read, and their payload does not fit.</summary>
    private static readonly string[] WithoutId = ["no id anywhere", "null id"];

    private static readonly (string Class, int Weight, Func<Random, string, KafkaHostileRecord> Make)[] Classes =
    [
        .. HostileBodies.All.Select(kind => (kind.Class, kind.Weight, Make: (Func<Random, string, KafkaHostileRecord>)((random, id) => Bad(kind.Class, kind.Body(random, id), kind.Reason, random, id)))),
        .. HostileEnvelopes.Strange.Select(kind => (kind.Class, kind.Weight, Make: (Func<Random, string, KafkaHostileRecord>)((random, id) =>
            new(kind.Class, KafkaEnvelopes.Plain(Encoding.UTF8.GetBytes(kind.Body(random, id))), null, id, IsTask: true)))),
        .. KafkaEnvelopes.Keys.Select(kind => (kind.Class, kind.Weight, Make: (Func<Random, string, KafkaHostileRecord>)((random, id) =>
        {
            var message = KafkaEnvelopes.Plain(HostileBodies.Valid(id));
            message.Key = kind.Key(random);
            return new(kind.Class, message, null, id, IsTask: true);
        }))),
        .. KafkaEnvelopes.Headers.Select(kind => (kind.Class, kind.Weight, Make: (Func<Random, string, KafkaHostileRecord>)((random, id) =>
        {
            var message = KafkaEnvelopes.Plain(HostileBodies.Valid(id));
            kind.Write(message.Headers, random);
            return new(kind.Class, message, null, id, IsTask: true);
        }))),
        ("no value", 20, (random, id) =>
        {
            // A deletion mark, as a compacted topic has them; the key tells one from another.
            var message = KafkaEnvelopes.Wrap(random, null);
            message.Key = Encoding.ASCII.GetBytes(id);
            return new("no value", message, DeadReason.Malformed, null, IsTask: false);
        }),
        ("neither key nor value", 5, (_, _) => new("neither key nor value", KafkaEnvelopes.Plain(null), DeadReason.Malformed, null, IsTask: false)),
        ("id left to Kafka", 10, (_, _) => new("id left to Kafka", KafkaEnvelopes.Plain("""{"type":"probe","payload":{"delayMs":0}}"""u8.ToArray()), null, null, IsTask: true)),
    ];

    private readonly WeightedDraw<KafkaHostileRecord> _draw = new(Classes, "k", seed);

    public static IReadOnlyList<string> ClassNames { get; } = [.. Classes.Select(kind => kind.Class)];

    /// <summary>At least one of every class, then by weight.</summary>
    public IEnumerable<KafkaHostileRecord> Take(int count) => _draw.Take(count);

    /// <summary>A quarter of the bad bodies comes with a hostile key and headers as well.</summary>
    private static KafkaHostileRecord Bad(string name, byte[] body, DeadReason reason, Random random, string id)
    {
        var message = random.Next(4) > 0 ? KafkaEnvelopes.Plain(body) : KafkaEnvelopes.Wrap(random, body);
        return WithoutId.Contains(name)
            ? new(name, message, DeadReason.Permanent, null, IsTask: true)
            : reason is DeadReason.Malformed or DeadReason.TooLarge ? new(name, message, reason, null, IsTask: false) : new(name, message, reason, id, IsTask: true);
    }
}
