using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Consumers.Core;

/// <summary>One breaker for each task type of a module.</summary>
internal sealed class ModuleBreakers(string module, HandlerCatalog catalog, BreakerOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>Types come from messages, and a handler may take any: beyond this many, idle ones make room, and without room a type has none.</summary>
    public const int MaxTypes = 1000;

    private readonly ConcurrentDictionary<string, TypeBreaker> _types = new(StringComparer.Ordinal);
    private long _sweptAt = time.GetTimestamp();

    public IReadOnlyList<TypePause> Pauses => [.. _types.Values.Select(breaker => breaker.Pause).OfType<TypePause>().OrderBy(pause => pause.Type, StringComparer.Ordinal)];

    public int Count => _types.Count;

    /// <summary>Leave to run the task; null with no time for a type without a breaker, and with a time while the type is paused.</summary>
    /// <param name="askAgainAt">When the task may ask again.</param>
    public BreakerPass? TryEnter(TaskMessage message, Random random, out DateTimeOffset? askAgainAt)
    {
        askAgainAt = null;
        if (!options.Enabled || Find(message.Type) is not { } breaker)
        {
            return null;
        }
        var pass = breaker.TryEnter(isLastAttempt: message.RetryCount >= message.MaxRetries);
        if (pass is null)
        {
            askAgainAt = breaker.AskAgainAt(random.NextDouble());
        }
        return pass;
    }

    private TypeBreaker? Find(string type)
    {
        if (_types.TryGetValue(type, out var known))
        {
            return known;
        }
        if (catalog.Find(type) is not { HasBreaker: true } || (_types.Count >= MaxTypes && !MakeRoom()))
        {
            return null;
        }
        return _types.GetOrAdd(type, static (type, of) => of.Create(type), this);
    }

    private TypeBreaker Create(string type) => new(module, type, options, time, logger);

    private bool MakeRoom()
    {
        var now = time.GetTimestamp();
        // Once in a while: a flood of new types must not walk through all of them for each.
        if (time.GetElapsedTime(Volatile.Read(ref _sweptAt), now) < options.SamplingDuration)
        {
            return false;
        }
        Volatile.Write(ref _sweptAt, now);
        var idleBefore = now - (long)(options.SamplingDuration.TotalSeconds * time.TimestampFrequency);
        foreach (var (type, breaker) in _types)
        {
            if (breaker.IsIdleSince(idleBefore))
            {
                _types.TryRemove(type, out _);
            }
        }
        return _types.Count < MaxTypes;
    }
}
