namespace Consumers.Core;

/// <summary>What <see cref="BeginDecision"/> says. A closed family.</summary>
public abstract record BeginVerdict
{
    private BeginVerdict() { }

    /// <summary>Begin this attempt. When an owner before was lost, its begin is closed first.</summary>
    public sealed record Begin(int Series, int Attempt, Deaths Deaths, OwnerLife Before = OwnerLife.Alive) : BeginVerdict;

    /// <summary>No more attempts: write FAILED and owe the dead letter, without running.</summary>
    public sealed record Fail(int Series, int Attempt, DeadReason Reason, string Error, OwnerLife Before = OwnerLife.Alive) : BeginVerdict;

    /// <summary>Nothing to run.</summary>
    /// <param name="Announces">This delivery is the one whose outcome the row holds: its event may be published again.</param>
    public sealed record Settled(Settlement Owed, bool Announces) : BeginVerdict;

    public sealed record Elsewhere : BeginVerdict
    {
        public static readonly Elsewhere Instance = new();
    }

    /// <param name="IsNew">The due time was changed, and is to be written.</param>
    public sealed record NotDue(long DueAt, bool IsNew = false) : BeginVerdict;

    /// <summary>Ask again alone.</summary>
    /// <param name="NewDeaths">To be written together with the end of the lost begin; null when nothing changed.</param>
    public sealed record Suspect(Deaths? NewDeaths) : BeginVerdict;
}

/// <summary>How often a process died in the middle of one attempt: beside other tasks, and alone.</summary>
public readonly record struct Deaths(int Shared, int Solitary)
{
    public int Total => Shared + Solitary;
}
