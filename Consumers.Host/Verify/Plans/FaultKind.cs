namespace Consumers.Host.Verify;

/// <summary>A way to hurt a fleet.</summary>
/// <param name="Name">In histories and reports.</param>
/// <param name="Option">In <c>--faults</c>; several kinds may share one.</param>
/// <param name="Seconds">How long it lasts; 0 for what is over when it has happened.</param>
/// <param name="RecoversWithin">From its end, or from the moment it hits where there is none, to the next completed task of every module.</param>
internal sealed record FaultKind(string Name, string Option, double Seconds, TimeSpan RecoversWithin)
{
    public static readonly FaultKind Kill = new("kill-9", "kill", 0, TimeSpan.FromSeconds(20));

    /// <summary>SIGTERM, and a start when it has exited.</summary>
    public static readonly FaultKind Term = new("sigterm", "term", 0, TimeSpan.FromSeconds(20));

    /// <summary>SIGSTOP for longer than the lease of 10 s.</summary>
    public static readonly FaultKind Freeze = new("freeze", "freeze", 14, TimeSpan.FromSeconds(20));

    public static readonly FaultKind Broker = new("broker-kill-9", "broker", 1, TimeSpan.FromSeconds(60));

    /// <summary>Kafka's mock cluster closes every connection and takes none; it keeps what it has.</summary>
    public static readonly FaultKind BrokerDown = new("broker-down", "broker", 3, TimeSpan.FromSeconds(30));

    /// <summary>Every connection of the fleet to the broker is reset.</summary>
    public static readonly FaultKind Cut = new("cut", "cut", 0, TimeSpan.FromSeconds(30));

    /// <summary>Connections stay open, and nothing passes: longer than the heartbeat allows.</summary>
    public static readonly FaultKind BlackHole = new("black-hole", "cut", 5, TimeSpan.FromSeconds(30));

    public static readonly FaultKind Redis = new("redis-kill-9", "redis", 2, TimeSpan.FromSeconds(20));

    /// <summary>Somebody else holds the ledger's write lock.</summary>
    public static readonly FaultKind Ledger = new("ledger-lock", "ledger", 4, TimeSpan.FromSeconds(20));

    /// <summary>A task that kills every process that runs it.</summary>
    public static readonly FaultKind Poison = new("poison", "poison", 0, TimeSpan.FromSeconds(30));

    public static IReadOnlyList<FaultKind> All { get; } = [Kill, Term, Freeze, Broker, BrokerDown, Cut, BlackHole, Redis, Ledger, Poison];

    public static IReadOnlyList<string> Options { get; } = [.. All.Select(kind => kind.Option).Distinct()];

    public static FaultKind? Named(string? name) => All.FirstOrDefault(kind => kind.Name == name);

    /// <summary>Null when it can happen to a run of these modules; else why not.</summary>
    public string? WhyNot(bool usesRabbit, bool usesMock, bool usesRedis) => this switch
    {
        _ when this == Redis && !usesRedis => "no module of this run uses Redis (the scaling module does)",
        _ when (this == Cut || this == BlackHole) && !usesRabbit => "it needs the proxy in front of RabbitMQ, and no module of this run uses RabbitMQ",
        _ when this == Broker && !usesRabbit => "no module of this run uses RabbitMQ",
        _ when this == BrokerDown && (usesRabbit || !usesMock) => "only the mock cluster is shut off, and where RabbitMQ is not killed",
        _ => null,
    };
}

/// <param name="AtSeconds">After the load under faults began; later when the fault before it is not over.</param>
/// <param name="Victim">Which instance, from 0; which module of the run for <see cref="FaultKind.Poison"/>.</param>
internal sealed record PlannedFault(string Id, double AtSeconds, FaultKind Kind, int Victim)
{
    public override string ToString() => FormattableString.Invariant($"{AtSeconds,6:0.0} s  {Kind.Name}{(IsOfAnInstance ? $" consumer-{Victim + 1}" : "")}");

    private bool IsOfAnInstance => Kind == FaultKind.Kill || Kind == FaultKind.Term || Kind == FaultKind.Freeze;
}
