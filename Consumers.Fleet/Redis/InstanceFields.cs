using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consumers.Core;
using StackExchange.Redis;

namespace Consumers.Fleet;

/// <summary>An instance as the fields of its hash.</summary>
internal static class InstanceFields
{
    public static IEnumerable<RedisValue> Write(InstanceReport report, HostIdentity host) =>
    [
        "host", report.Host,
        "pid", report.Pid,
        "run", report.RunId,
        "version", report.Version,
        "started", TaskHeaders.Format(report.StartedAt),
        "modules", report.Modules,
        "running", report.Running,
        "url", report.Url ?? "",
        "state", report.State,
        "completed", report.Completed,
        "failed", report.Failed,
        "machine", host.Value,
        "processStart", host.ProcessStart,
        "byModule", JsonSerializer.Serialize(report.ByModule, InstanceJson.Default.IReadOnlyListModuleReport),
    ];

    /// <summary>Anything may stand there: what is missing or no number is nothing.</summary>
    /// <param name="row">Name, last heartbeat, then the fields and their values.</param>
    /// <param name="now">Redis's clock, in unix milliseconds.</param>
    /// <param name="host">Who asks: of a process on the same machine it knows at once that it is gone.</param>
    public static InstanceReport Read(RedisValue[] row, long now, TimeSpan silentAfter, HostIdentity host)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 2; i + 1 < row.Length; i += 2)
        {
            fields[(string)row[i]!] = (string)row[i + 1]!;
        }
        var beat = Number(row[1]);
        var seen = (long)Math.Clamp(beat, 0, now);
        // From before Redis's clock was put back: whoever lives has told of itself since.
        var isSilent = now - beat > silentAfter.TotalMilliseconds || beat - now > 2 * silentAfter.TotalMilliseconds;
        var state = fields.GetValueOrDefault("state") ?? InstanceStates.Running;
        var pid = (int)Math.Clamp(Of("pid"), 0, int.MaxValue);
        isSilent |= pid > 0 && host.IsGone(fields.GetValueOrDefault("machine") ?? "", pid, (long)Of("processStart"));
        var modules = Modules(fields.GetValueOrDefault("byModule"));
        return new InstanceReport(
            (string)row[0]!,
            fields.GetValueOrDefault("run") ?? "",
            fields.GetValueOrDefault("host") ?? "",
            pid,
            fields.GetValueOrDefault("version") ?? "",
            fields.GetValueOrDefault("modules") ?? "",
            fields.GetValueOrDefault("url") is { Length: > 0 } url ? url : null,
            TaskHeaders.ReadTime(fields.GetValueOrDefault("started")) ?? DateTimeOffset.UnixEpoch,
            DateTimeOffset.FromUnixTimeMilliseconds(seen),
            state != InstanceStates.Stopped && isSilent ? InstanceStates.Silent : state,
            (int)Math.Clamp(Of("running"), 0, int.MaxValue),
            (long)Of("completed"),
            (long)Of("failed"))
        {
            ByModule = modules,
            InHands = modules.Count == 0 ? null : modules.GroupBy(module => module.Module, StringComparer.Ordinal).ToDictionary(module => module.Key, module => module.Last().Unacked, StringComparer.Ordinal),
        };

        double Of(string field) => Number(fields.GetValueOrDefault(field));
    }

    private static double Number(string? text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? Math.Clamp(number, -1e15, 1e15) : 0;

    private static IReadOnlyList<ModuleReport> Modules(string? json)
    {
        try
        {
            return json is null ? [] : JsonSerializer.Deserialize(json, InstanceJson.Default.IReadOnlyListModuleReport) ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<ModuleReport>))]
internal sealed partial class InstanceJson : JsonSerializerContext;
