using Consumers.Core;
using StackExchange.Redis;

namespace Consumers.Fleet;

/// <summary>The counters of DESIGN §8 as an outsider reads them: by their keys, on a connection of its own.</summary>
public static class CountersOutside
{
    /// <summary>By CONSUMER_ID; zeros for one that has counted nothing.</summary>
    /// <param name="url">Such as <c>redis://127.0.0.1:6379</c>.</param>
    /// <exception cref="FleetUnavailableException">Redis does not answer.</exception>
    public static async Task<IReadOnlyDictionary<string, TaskCounts>> ReadAsync(string url, IEnumerable<string> instances)
    {
        if (!RedisAddress.TryParse(url, out var configuration))
        {
            throw new ArgumentException("no URL of a Redis", nameof(url));
        }
        configuration.AbortOnConnectFail = true;
        try
        {
            using var client = await ConnectionMultiplexer.ConnectAsync(configuration);
            var counts = new Dictionary<string, TaskCounts>(StringComparer.Ordinal);
            foreach (var instance in instances)
            {
                counts[instance] = CounterValues.ToCounts(await client.GetDatabase().StringGetAsync(RedisKeys.Stats(instance)));
            }
            return counts;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            throw new FleetUnavailableException($"Redis does not answer: {e.Message}", e);
        }
    }
}
