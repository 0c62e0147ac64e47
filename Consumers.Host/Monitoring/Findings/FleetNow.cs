using Consumers.Core;
using Consumers.Host.Pages;

namespace Consumers.Host.Monitoring.Findings;

/// <summary>The fleet at one moment: the facts, what is the matter, and all of it in one sentence.</summary>
internal sealed record FleetNow(FleetFacts Facts, IReadOnlyList<StandingFinding> Findings)
{
    public Severity? Worst => Findings.Count == 0 ? null : Findings[0].Finding.Severity;

    /// <summary>What somebody wants so is not well, but no fault either.</summary>
    public string Look => Worst switch { null or Severity.Note => "well", Severity.Warn => "warn", _ => "bad" };

    /// <summary>Where the sentence leads; null when there is nothing to look at.</summary>
    public string? Href => Look == "well" ? null : Findings[0].Finding.Href;

    public string Sentence => Look != "well"
        ? $"{Findings[0].Words(Facts.Now)}{(Findings.Count > 1 ? $" And {Findings.Count - 1} more." : "")}"
        : $"All well. {Work}.";

    private string Work
    {
        get
        {
            var running = Facts.Instances.Value?.Count(instance => instance.State == InstanceStates.Running);
            var who = running is { } alive ? $"{Words.Count(alive, "instance", "instances")} running" : "The number of instances is unknown";
            var work = Facts.Ready switch
            {
                null => "the backlog is unknown",
                0 => "nothing waits",
                { } ready => $"{Words.Count(ready, "task waits", "tasks wait")}, {Words.Drain(Facts.Throughput?.Drain)}",
            };
            return $"{who}, {work}{(Facts.DeadLetters is > 0 and var dead ? $", {Words.Count(dead, "dead letter", "dead letters")} to look at" : "")}";
        }
    }
}
