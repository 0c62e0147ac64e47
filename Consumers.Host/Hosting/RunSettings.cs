namespace Consumers.Host.Hosting;

/// <summary>What the command line says of a run; everything else is configuration.</summary>
internal sealed record RunSettings
{
    public string? Urls { get; init; }

    public string? InstanceName { get; init; }

    /// <summary>Names separated by ','; null for what the configuration switches on.</summary>
    public string? Modules { get; init; }

    /// <summary>Logs nothing: what is said is said by the verb.</summary>
    public bool IsSilent { get; init; }

    public IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>();
}
