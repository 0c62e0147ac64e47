using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consumers.Core;
using Consumers.Host.Texts;

namespace Consumers.Host.Doctor;

/// <summary>All that was found, for people or for programs; without secrets, and without characters that a terminal would obey.</summary>
internal sealed class DoctorReport(IReadOnlyList<Diagnosis> diagnoses, Secrets secrets, string instance, TimeSpan took)
{
    public const string Schema = "consumers.doctor/1";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerOptions.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private readonly CheckFinding[] _all = [.. diagnoses.SelectMany(diagnosis => diagnosis.Findings)];

    /// <summary>DESIGN §11. Something to mend goes before something that does not answer: it stays when the other is back.</summary>
    public int ExitCode => Count(Verdict.Fail) > 0 ? Cli.ExitCode.Failed : Count(Verdict.Unreachable) > 0 ? Cli.ExitCode.Unreachable : Cli.ExitCode.Ok;

    /// <summary>The document where the configuration is wrong, and nothing was looked at.</summary>
    public static string Refused(int exitCode, string why) =>
        JsonSerializer.Serialize(new { Schema, ExitCode = exitCode, Error = VisibleText.Line(string.Join(' ', why.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))), Checks = Array.Empty<object>() }, Json);

    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            Schema,
            InstanceIdentity.Version,
            Instance = instance,
            ExitCode,
            DurationMs = (long)took.TotalMilliseconds,
            Counts = Enum.GetValues<Verdict>().ToDictionary(verdict => JsonNamingPolicy.CamelCase.ConvertName(verdict.ToString()), Count),
            Checks = diagnoses.SelectMany(diagnosis => diagnosis.Findings.Select(finding => new
            {
                finding.Id,
                Status = finding.Verdict,
                diagnosis.Title,
                Where = Shown(diagnosis.Where),
                Text = Shown(finding.Text),
                Mend = finding.Mend is null ? null : Shown(finding.Mend),
                DurationMs = Math.Round(finding.Took.TotalMilliseconds, 1),
            })),
        },
        Json);

    /// <param name="verbose">Each finding on a line with its id; otherwise what is well is one line for each thing.</param>
    public void Print(TextWriter output, bool verbose, bool colors)
    {
        foreach (var diagnosis in diagnoses)
        {
            if (verbose)
            {
                foreach (var finding in diagnosis.Findings)
                {
                    Line(finding.Verdict, diagnosis, $"{finding.Text}  [{finding.Id}]", finding.Took);
                    Mend(finding);
                }
                continue;
            }
            var well = diagnosis.Findings.Where(finding => finding.Verdict == Verdict.Ok).ToArray();
            if (well.Length > 0)
            {
                Line(Verdict.Ok, diagnosis, string.Join(", ", well.Select(finding => finding.Text)), diagnosis.Took);
            }
            foreach (var finding in diagnosis.Findings.Where(finding => finding.Verdict != Verdict.Ok))
            {
                Line(finding.Verdict, diagnosis, finding.Text, finding.Verdict == Verdict.Unreachable ? diagnosis.Took : null);
                Mend(finding);
            }
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Count(Verdict.Fail) + Count(Verdict.Unreachable)} failed, {Count(Verdict.Warn)} warnings, {Count(Verdict.Unknown)} unknown, {Count(Verdict.Ok)} ok   in {took.TotalSeconds:0.0} s   (exit {ExitCode})"));

        void Line(Verdict verdict, Diagnosis diagnosis, string text, TimeSpan? time) => output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $" {Label(verdict, colors)}{diagnosis.Title}{(diagnosis.Where.Length > 0 ? $" {Shown(diagnosis.Where)}" : "")}  {Shown(text)}{(time is { } span ? $"  ({span.TotalMilliseconds:0} ms)" : "")}"));

        void Mend(CheckFinding finding)
        {
            if (finding.Mend is { Length: > 0 } mend)
            {
                output.WriteLine($"          {Shown(mend)}");
            }
        }
    }

    private int Count(Verdict verdict) => _all.Count(finding => finding.Verdict == verdict);

    private string Shown(string text) => VisibleText.Line(secrets.Hide(text), longest: 2000);

    private static string Label(Verdict verdict, bool colors)
    {
        var (word, color) = verdict switch
        {
            Verdict.Ok => ("ok", 32),
            Verdict.Warn => ("warn", 33),
            Verdict.Fail or Verdict.Unreachable => ("FAIL", 31),
            Verdict.Off => ("off", 2),
            _ => ("unknown", 2),
        };
        var padded = word.PadRight(9);
        return colors ? $"\e[{color}m{padded}\e[0m" : padded;
    }
}
