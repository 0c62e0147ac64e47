using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consumers.Core;

/// <summary>The breakers of this process, and what they pause now. Each process has its own: what is away for one may be there for another.</summary>
public sealed class TaskBreakers
{
    private readonly ConcurrentDictionary<string, ModuleBreakers> _modules = new(StringComparer.Ordinal);
    private readonly Func<string, ModuleBreakers> _create;

    public TaskBreakers(IServiceProvider services, IOptions<ConsumersOptions> options, TimeProvider time, ILogger<TaskBreakers> logger)
    {
        var catalog = (HandlerCatalog)services.GetService(typeof(HandlerCatalog))!;
        _create = module => new ModuleBreakers(module, catalog, options.Value.Breaker, time, logger);
    }

    /// <summary>The paused types of a module, by name.</summary>
    public IReadOnlyList<TypePause> PausesOf(string module) => _modules.TryGetValue(module, out var breakers) ? breakers.Pauses : [];

    internal ModuleBreakers For(string module) => _modules.GetOrAdd(module, _create);
}
