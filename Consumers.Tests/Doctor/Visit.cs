using System.Text.Json;
using Consumers.Host.Doctor;
using Consumers.Host.Hosting;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Doctor;

/// <summary>One look of the doctor's at a configuration of a test's own; nothing is used that the test does not name.</summary>
internal sealed record Visit(int ExitCode, string Json, string Text)
{
    private readonly JsonElement _document = JsonDocument.Parse(Json).RootElement;

    public IReadOnlyList<JsonElement> Checks => [.. _document.GetProperty("checks").EnumerateArray()];

    public static async Task<Visit> PayAsync(TempFolder folder, params (string Name, string Value)[] settings) => await PayAsync(folder, TimeSpan.FromSeconds(20), settings);

    public static async Task<Visit> PayAsync(TempFolder folder, TimeSpan timeout, params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["Consumers:Rabbit:Enabled"] = "false",
            ["Consumers:Scaling:Enabled"] = "false",
            ["Consumers:Kafka:Enabled"] = "false",
            ["REDIS_URL"] = "",
            ["CONSUMERS_API_KEY"] = "",
            ["CONSUMER_ID"] = "",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "",
            ["Consumers:Ledger:Path"] = folder.File("ledger.db"),
            ["urls"] = $"http://127.0.0.1:{FreePort.Take()}",
        };
        foreach (var (name, value) in settings)
        {
            all[name.Replace("__", ":", StringComparison.Ordinal)] = value;
        }
        var report = await new DoctorCommand(new RunSettings { Settings = all }, deep: false, timeout, TimeProvider.System).LookAsync(TestContext.Current.CancellationToken);
        using var text = new StringWriter();
        report.Print(text, verbose: false, colors: false);
        report.Print(text, verbose: true, colors: false);
        return new Visit(report.ExitCode, report.ToJson(), text.ToString());
    }

    public string Status(string id) => Check(id).GetProperty("status").GetString()!;

    /// <summary>What was found, and how to mend it.</summary>
    public string Told(string id) => $"{Check(id).GetProperty("text").GetString()} | {Check(id).GetProperty("mend").GetString()}";

    public void ShouldTell(string id, string status, string text)
    {
        Status(id).ShouldBe(status, Json);
        Told(id).ShouldContain(text);
        Text.ShouldContain(text);
    }

    private JsonElement Check(string id)
    {
        var found = Checks.Where(check => check.GetProperty("id").GetString() == id).ToArray();
        found.Length.ShouldBe(1, $"{id} in {Json}");
        return found[0];
    }
}
