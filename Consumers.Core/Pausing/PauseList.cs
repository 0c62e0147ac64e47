using System.Collections.Frozen;

namespace Consumers.Core;

/// <summary>All pauses at one moment. Asked for every delivery, so the usual answer, none, costs nothing.</summary>
public sealed class PauseList
{
    public static readonly PauseList None = new([]);

    /// <summary>A type is never empty: that is the whole module.</summary>
    private readonly FrozenDictionary<(string Module, string Type), Pause> _pauses;

    public PauseList(IEnumerable<Pause> pauses) => _pauses = pauses.ToFrozenDictionary(pause => (pause.Module, pause.Type ?? ""));

    public IReadOnlyCollection<Pause> All => _pauses.Values;

    /// <summary>The pause of the module itself, or with a type that of the type alone; null while there is none.</summary>
    public Pause? Find(string module, string? type = null) => _pauses.Count == 0 ? null : _pauses.GetValueOrDefault((module, type ?? ""));

    /// <summary>Why a task of this type does not run: its module's pause, or its type's; null while it may.</summary>
    public Pause? Holding(string module, string type) => Find(module) ?? Find(module, type);

    /// <summary>The paused types of a module, by name.</summary>
    public IReadOnlyList<Pause> TypesOf(string module) =>
        [.. _pauses.Values.Where(pause => pause.Module == module && pause.Type is not null).OrderBy(pause => pause.Type, StringComparer.Ordinal)];
}
