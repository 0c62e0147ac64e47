using Consumers.Core;

namespace Consumers.Host.Proof;

/// <summary>What processes did at their end, and what poison did to them.</summary>
internal static class ProcessChecks
{
    /// <summary>I16: who was asked to stop exits with 0 in time and does nothing afterwards; nobody exits unasked.</summary>
    public static IEnumerable<Finding> Shutdown(FleetHistory history, ProofInput input)
    {
        foreach (var exit in history.Lines.Where(line => line.Event == HistoryEvents.Exit))
        {
            var run = history.RunOf(exit.Number("pid"), exit.TimeUs);
            if (exit.Number("code") != 0)
            {
                yield return new("I16", exit.Id, $"exit code {exit.Number("code")}");
            }
            if (exit.Number("ms") > input.ShutdownGrace.TotalMilliseconds)
            {
                yield return new("I16", exit.Id, $"the exit took {exit.Number("ms")} ms");
            }
            if (exit["kind"] == "unasked")
            {
                yield return new("I16", exit.Id, "exited without being asked");
            }
            if (history.Lines.FirstOrDefault(line => line.Run == run && line.TimeUs > exit.TimeUs) is { } after)
            {
                yield return new("I16", exit.Id, $"'{after.Event}' of {after.Id} after the exit");
            }
        }
    }

    /// <summary>I17: what is no task is dead-lettered byte for byte with a reason, and no handler sees it.</summary>
    public static IEnumerable<Finding> Poison(FleetHistory history, ProofInput input)
    {
        var dead = input.DeadLetters.ToLookup(letter => letter.Id);
        foreach (var poison in history.Published.Values.Where(task => task is { PoisonSha256: not null, Confirmed: true }))
        {
            var letters = dead[poison.Id].ToArray();
            // Nothing remembers what is no task: a fault between its dead letter and its ack makes two.
            if (letters.Length == 0 || (letters.Length > 1 && history.Faults.Count == 0))
            {
                yield return new("I17", poison.Id, $"no task, with {letters.Length} dead letters");
            }
            if (letters.Any(letter => !string.Equals(letter.Sha256, poison.PoisonSha256, StringComparison.OrdinalIgnoreCase)))
            {
                yield return new("I17", poison.Id, "dead-lettered with other bytes");
            }
            if (letters.Any(letter => letter.Reason is not ("malformed" or "too-large")))
            {
                yield return new("I17", poison.Id, $"dead-lettered for '{letters[0].Reason}'");
            }
            if (history.ByTask[poison.Id].Any(line => line.Event is HistoryEvents.Begin or HistoryEvents.Effect))
            {
                yield return new("I17", poison.Id, "a handler was given it");
            }
        }
    }
}
