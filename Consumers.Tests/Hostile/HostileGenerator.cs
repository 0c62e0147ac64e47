using System.Text;
using Consumers.Core;

namespace Consumers.Tests.Hostile;

/// <summary>Draws hostile messages; the same seed gives the same ones.</summary>
internal sealed class HostileGenerator(int seed)
{
    private static readonly (string Class, int Weight, Func<Random, string, HostileMessage> Make)[] Classes =
    [
        .. HostileBodies.All.Select(kind => (kind.Class, kind.Weight, Make: (Func<Random, string, HostileMessage>)((random, id) =>
            new(kind.Class, kind.Body(random, id), Wrapping(random), kind.Reason, kind.Reason is DeadReason.Malformed or DeadReason.TooLarge ? null : id)))),
        .. HostileEnvelopes.All.Select(kind => (kind.Class, kind.Weight, Make: (Func<Random, string, HostileMessage>)((random, id) =>
            new(kind.Class, HostileBodies.Valid(id), kind.Properties(random), null, id)))),
        .. HostileEnvelopes.Strange.Select(kind => (kind.Class, kind.Weight, Make: (Func<Random, string, HostileMessage>)((random, id) =>
            new(kind.Class, Encoding.UTF8.GetBytes(kind.Body(random, id)), new(), null, id)))),
        ("id only in the properties", 10, (_, id) =>
            new("id only in the properties", """{"type":"probe","payload":{"delayMs":0}}"""u8.ToArray(), new() { MessageId = RawProperties.Text(id) }, null, id)),
    ];

    private readonly WeightedDraw<HostileMessage> _draw = new(Classes, "h", seed);

    public static IReadOnlyList<string> ClassNames { get; } = [.. Classes.Select(kind => kind.Class)];

    /// <summary>At least one of every class, then by weight.</summary>
    public IEnumerable<HostileMessage> Take(int count) => _draw.Take(count);

    /// <summary>So many of every class, by class.</summary>
    public IEnumerable<IGrouping<string, HostileMessage>> TakeOfEach(int count) => _draw.TakeOfEach(count).GroupBy(message => message.Class);

    /// <summary>A quarter of the bad bodies comes in a hostile wrapping as well. Without a message id: that would make a task of a body without one.</summary>
    private static RawProperties Wrapping(Random random)
    {
        if (random.Next(4) > 0)
        {
            return new();
        }
        var properties = HostileEnvelopes.All[random.Next(HostileEnvelopes.All.Length)].Properties(random);
        return properties with { MessageId = null };
    }
}
