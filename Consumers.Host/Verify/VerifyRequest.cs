using Consumers.Core;

namespace Consumers.Host.Verify;

/// <summary>What a run is to prove, and how hard it is to be tried. Everything that is chosen by chance follows from <see cref="Seed"/>.</summary>
internal sealed record VerifyRequest
{
    /// <summary>Those that take part, in the order in which they are reported.</summary>
    public required IReadOnlyList<string> Modules { get; init; }

    /// <summary>Of a real Kafka cluster that is to be used; null for the mock.</summary>
    public string? KafkaServers { get; init; }

    public int Instances { get; init; } = 3;

    /// <summary>Tasks a second over all modules; null: half of the measured peak.</summary>
    public double? Rate { get; init; }

    public required int Seed { get; init; }

    /// <summary>Of the load under faults; it goes on longer when the plan takes longer.</summary>
    public required TimeSpan Load { get; init; }

    public required FaultPlan Plan { get; init; }

    /// <summary>Whether modules are paused and dead letters are replayed on the way.</summary>
    public bool Exercises { get; init; } = true;

    /// <summary>False: the Rabbit module runs without guard and rows.</summary>
    public bool IsGuarded { get; init; } = true;

    /// <summary>Keep the folder of a run that is valid, too.</summary>
    public bool Keep { get; init; }

    /// <summary>One of <see cref="Sabotage.All"/>, or <see cref="SelfTest.IdleFault"/>; null for an honest run.</summary>
    public string? Sabotage { get; init; }

    public bool UsesRabbit => Modules.Any(module => module != Hosting.ModuleSwitches.Kafka);

    public bool UsesKafka => Modules.Contains(Hosting.ModuleSwitches.Kafka);

    /// <summary>The scaling module counts there and has its guard there; the others do without.</summary>
    public bool UsesRedis => Modules.Contains(Hosting.ModuleSwitches.Scaling);
}
