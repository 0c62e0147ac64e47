using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Hostile;

using Fleet = Consumers.Tests.EndToEnd.Fleet;

/// <summary>A process with the handler of proofs, which notes every call of itself outside the ledger and the broker.</summary>
internal static class ProbeHost
{
    public static Task<HostProcess> StartAsync(Fleet fleet, params KeyValuePair<string, string>[] more) =>
        fleet.StartAsync("consumer-1", [new("Consumers__History__Folder", Histories(fleet)), .. more]);

    /// <summary>The id of the task, once for every call.</summary>
    public static IEnumerable<string> Calls(Fleet fleet) =>
        Directory.EnumerateFiles(Histories(fleet), "*.effects.history").SelectMany(EffectFile.Read).Select(effect => effect.Id);

    private static string Histories(Fleet fleet) => fleet.Folder.File("history");
}
