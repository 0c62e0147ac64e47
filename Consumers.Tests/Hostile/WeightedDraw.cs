namespace Consumers.Tests.Hostile;

/// <summary>Draws from classes of messages; the same seed gives the same ones.</summary>
/// <param name="prefix">Of the ids, which are this, the seed and a number.</param>
internal sealed class WeightedDraw<TMessage>(IReadOnlyList<(string Class, int Weight, Func<Random, string, TMessage> Make)> classes, string prefix, int seed)
{
    private readonly Random _random = new(seed);
    private int _count;

    /// <summary>At least one of every class, then by weight.</summary>
    public IEnumerable<TMessage> Take(int count)
    {
        var total = classes.Sum(kind => kind.Weight);
        for (var i = 0; i < count; i++)
        {
            var at = i;
            if (i >= classes.Count)
            {
                var drawn = _random.Next(total);
                for (at = 0; drawn >= classes[at].Weight; at++)
                {
                    drawn -= classes[at].Weight;
                }
            }
            yield return Next(at);
        }
    }

    /// <summary>So many of every class.</summary>
    public IEnumerable<TMessage> TakeOfEach(int count) => Enumerable.Range(0, classes.Count).SelectMany(at => Enumerable.Range(0, count).Select(_ => Next(at)));

    private TMessage Next(int at) => classes[at].Make(_random, $"{prefix}{seed}-{++_count:D6}");
}
