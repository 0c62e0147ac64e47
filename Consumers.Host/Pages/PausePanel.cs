using Consumers.Core;

namespace Consumers.Host.Pages;

/// <summary>What is paused of a module, for its page.</summary>
/// <param name="Ready">Tasks in the work queue; null when the broker did not say.</param>
/// <param name="KnownTypes">Offered for typing.</param>
internal sealed record PausePanel(string Module, PauseList Pauses, long? Ready, IEnumerable<string> KnownTypes, DateTimeOffset Now)
{
    public Pause? OfModule => Pauses.Find(Module);

    public IReadOnlyList<Pause> OfTypes => Pauses.TypesOf(Module);
}
