using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Consumers.Core;

/// <summary>Which handler does which type. The first registration that can handle a type gets it.</summary>
internal sealed class HandlerCatalog(IServiceProvider services, IEnumerable<HandlerRegistration> registrations, IOptions<ConsumersOptions> options)
{
    /// <summary>Types come from messages: beyond this many, answers are computed and not kept, so that hostile types cannot fill the memory.</summary>
    private const int MaxKnownTypes = 10_000;

    private readonly HandlerRegistration[] _registrations = [.. registrations];
    private readonly ConcurrentDictionary<string, HandlerFor?> _known = new(StringComparer.Ordinal);

    /// <summary>Null when no handler does this type.</summary>
    public HandlerFor? Find(string taskType)
    {
        if (_known.TryGetValue(taskType, out var known))
        {
            return known;
        }
        var found = Search(taskType);
        if (_known.Count < MaxKnownTypes)
        {
            _known[taskType] = found;
        }
        return found;
    }

    private HandlerFor? Search(string taskType)
    {
        foreach (var registration in _registrations)
        {
            var handler = registration.Resolve(services, out var scope);
            using (scope)
            {
                if (handler.CanHandle(taskType))
                {
                    var defaults = options.Value.Handlers;
                    var ofType = defaults.Types.GetValueOrDefault(taskType);
                    return new HandlerFor(registration, ofType?.Timeout ?? registration.Options.Timeout ?? defaults.Timeout, ofType?.Breaker ?? registration.Options.Breaker);
                }
            }
        }
        return null;
    }
}

/// <param name="HasBreaker">Its failures may pause the type.</param>
internal sealed record HandlerFor(HandlerRegistration Registration, TimeSpan Timeout, bool HasBreaker);
