using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consumers.Core;
using Consumers.Host.Monitoring.Findings;
using Consumers.Host.Pages;

namespace Consumers.Host.Live;

/// <summary>What a page is told of the fleet. Figures are in words, the same as the page is rendered with.</summary>
/// <param name="At">When it was so, in UTC.</param>
/// <param name="Key">Of the worst finding; empty when all is well. What changes it is worth being read out.</param>
/// <param name="Look"><c>well</c>, <c>warn</c> or <c>bad</c>.</param>
/// <param name="Rev">Another one when anything is that a page may show.</param>
/// <param name="Charts">Another one when the charts have another point.</param>
internal sealed record LiveSnapshot(DateTimeOffset At, string Key, string Look, string Sentence, string Rev, string Charts, IReadOnlyDictionary<string, string> Figures)
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.Default, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static LiveSnapshot Of(FleetNow now)
    {
        var facts = now.Facts;
        return new(
            facts.Now,
            now.Look == "well" ? "" : now.Findings[0].Finding.Key,
            now.Look,
            now.Sentence,
            RevisionOf(now),
            facts.ChartedFrom?.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture) ?? "",
            FleetFigures.Of(facts));
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    private static string RevisionOf(FleetNow now)
    {
        var facts = now.Facts;
        var hash = new HashCode();
        foreach (var (state, count) in facts.Counts.Value ?? new Dictionary<TaskState, long>())
        {
            hash.Add(state);
            hash.Add(count);
        }
        foreach (var instance in facts.Instances.Value ?? [])
        {
            hash.Add((instance.RunId, instance.State, instance.Running, instance.Completed, instance.Failed));
        }
        foreach (var module in facts.Modules)
        {
            hash.Add((module.Module, module.Connection.Health, module.Ready, module.Consumers, module.DeadInBroker, module.Orphans));
        }
        foreach (var dependency in facts.Dependencies)
        {
            hash.Add((dependency.Name, dependency.Health, dependency.Description));
        }
        foreach (var pause in facts.Pauses.All)
        {
            hash.Add(pause);
        }
        foreach (var standing in now.Findings)
        {
            hash.Add(standing.Finding.Key);
        }
        hash.Add(facts.Dead);
        return hash.ToHashCode().ToString("x8", CultureInfo.InvariantCulture);
    }
}
