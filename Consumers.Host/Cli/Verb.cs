using System.CommandLine;

namespace Consumers.Host.Cli;

/// <summary>A command whose help ends in examples.</summary>
internal sealed class Verb(string name, string description) : Command(name, description)
{
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>True for a verb that runs a generic host: signals are the host's then.</summary>
    public bool OwnsSignals { get; init; }
}
