namespace Consumers.Core;

/// <summary>A module, or one task type of it, that somebody has paused: for the whole fleet, until somebody resumes it.</summary>
/// <param name="Type">Null for the whole module.</param>
/// <param name="By">Who, so that it fits after the word "by".</param>
public sealed record Pause(string Module, string? Type, DateTimeOffset Since, string By, string? Why);

/// <summary>What somebody asks for: to pause, or to resume.</summary>
/// <param name="Type">Null for the whole module.</param>
/// <param name="By">At most <see cref="MaxByLength"/> characters.</param>
/// <param name="Why">At most <see cref="TaskHeaders.MaxErrorLength"/> characters.</param>
public sealed record PauseOrder(string Module, string? Type, string By, string? Why)
{
    public const int MaxByLength = 128;
}

/// <summary>What came of a <see cref="PauseOrder"/>.</summary>
/// <param name="Pause">The pause that holds now; null after a resume. One that held before keeps its time and its author.</param>
/// <param name="IsNew">False when it was so already.</param>
public sealed record PauseChange(Pause? Pause, bool IsNew);
