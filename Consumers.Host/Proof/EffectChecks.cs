using Consumers.Core;

namespace Consumers.Host.Proof;

/// <summary>I4: what the outside saw of each attempt.</summary>
internal static class EffectChecks
{
    public static IEnumerable<Finding> Effects(FleetHistory history, ProofInput input)
    {
        foreach (var effects in history.Effects.Where(effects => effects.Count() > 1))
        {
            foreach (var second in effects.Where(effect => Judge(history, input, effects, effect) == EffectKind.Second))
            {
                yield return new("I4", second.Id, $"a second effect of attempt {second.Attempt}, on {second.Instance}: the one before was settled, or its process lived");
            }
        }
        foreach (var task in ArrivalChecks.Tasks(history).Where(task => ArrivalChecks.StateOf(task.Id, history, input) == TaskState.Completed))
        {
            if (!history.ByTask[task.Id].Any(line => line.Event == HistoryEvents.Effect))
            {
                yield return new("I4", task.Id, "completed without any effect");
            }
        }
        foreach (var task in input.Ledger?.Values ?? [])
        {
            foreach (var twice in task.Attempts.Where(attempt => attempt.HasOutcome).GroupBy(attempt => (attempt.Series, attempt.Attempt)).Where(group => group.Count() > 1))
            {
                yield return new("I4", task.Id, $"the ledger has {twice.Count()} outcomes of attempt {twice.Key.Attempt}");
            }
        }
    }

    /// <summary>How many effects of an attempt beyond its first are of this kind.</summary>
    public static int Count(FleetHistory history, ProofInput input, EffectKind kind) =>
        history.Effects.Sum(effects => effects.Count(effect => Judge(history, input, effects, effect) == kind));

    private static EffectKind Judge(FleetHistory history, ProofInput input, IEnumerable<HistoryLine> effects, HistoryLine effect)
    {
        var earlier = effects.TakeWhile(other => !ReferenceEquals(other, effect)).ToArray();
        return earlier.Length == 0 ? EffectKind.First
            : history.WasWithoutRedis(effect.Id) && input.GuardIsRedis ? EffectKind.Rerun
            : earlier.All(other => MayRepeat(history, input, other)) ? EffectKind.Rerun
            : EffectKind.Second;
    }

    /// <summary>Only what a fault cut off between its effect and its outcome may run again; without a guard, up to its ack.</summary>
    private static bool MayRepeat(FleetHistory history, ProofInput input, HistoryLine effect)
    {
        if (!input.IsGuarded && history.BrokerWasHit)
        {
            return true;
        }
        return history.HitRuns.Contains(effect.Run) && (!input.IsGuarded || !history.Settled[effect.Key].Any(outcome => outcome.Run == effect.Run));
    }
}

internal enum EffectKind
{
    First,
    Rerun,
    Second,
}
