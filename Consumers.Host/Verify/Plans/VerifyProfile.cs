namespace Consumers.Host.Verify;

/// <summary>How long, and how many faults of each kind.</summary>
internal sealed record VerifyProfile(string Name, TimeSpan Load, IReadOnlyDictionary<FaultKind, int> Faults)
{
    /// <summary>About 70 s in all.</summary>
    public static readonly VerifyProfile Quick = new("quick", TimeSpan.FromSeconds(45), new Dictionary<FaultKind, int>
    {
        [FaultKind.Kill] = 2, [FaultKind.Broker] = 1, [FaultKind.BrokerDown] = 1, [FaultKind.Cut] = 1, [FaultKind.BlackHole] = 1, [FaultKind.Redis] = 1,
    });

    /// <summary>About 4 min in all: every kind.</summary>
    public static readonly VerifyProfile Standard = new("standard", TimeSpan.FromSeconds(170), new Dictionary<FaultKind, int>
    {
        [FaultKind.Kill] = 6, [FaultKind.Term] = 3, [FaultKind.Freeze] = 1, [FaultKind.Broker] = 1, [FaultKind.BrokerDown] = 1, [FaultKind.Cut] = 3, [FaultKind.BlackHole] = 1, [FaultKind.Redis] = 2, [FaultKind.Ledger] = 2, [FaultKind.Poison] = 1,
    });

    /// <summary>About 60 min in all.</summary>
    public static readonly VerifyProfile Soak = new("soak", TimeSpan.FromMinutes(58), new Dictionary<FaultKind, int>
    {
        [FaultKind.Kill] = 80, [FaultKind.Term] = 40, [FaultKind.Freeze] = 12, [FaultKind.Broker] = 12, [FaultKind.BrokerDown] = 12, [FaultKind.Cut] = 40, [FaultKind.BlackHole] = 12, [FaultKind.Redis] = 24, [FaultKind.Ledger] = 24, [FaultKind.Poison] = 6,
    });

    public static IReadOnlyList<VerifyProfile> All { get; } = [Quick, Standard, Soak];

    /// <summary>How often each kind that was chosen happens: as was asked for, else as the profile says, and at least once.</summary>
    public IReadOnlyList<(FaultKind Kind, int Count)> Counts(IReadOnlyCollection<(FaultKind Kind, int? Count)> chosen) =>
        [.. FaultKind.All.Join(chosen, kind => kind, choice => choice.Kind, (kind, choice) => (kind, choice.Count ?? Math.Max(1, Faults.GetValueOrDefault(kind))))];
}
