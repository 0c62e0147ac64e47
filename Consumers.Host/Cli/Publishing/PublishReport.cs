using System.Globalization;
using System.Text.Json;

namespace Consumers.Host.Cli.Publishing;

/// <summary>What a publish run did: a summary for people, one document for programs.</summary>
internal sealed record PublishReport(
    string Schema,
    long Sent,
    long Confirmed,
    long Failed,
    long DurationMs,
    double RatePerSecond,
    string? FirstId,
    string? LastId,
    bool Interrupted,
    long? Skip,
    IReadOnlyList<InputError> Errors)
{
    public const string SchemaName = "consumers.publish/1";

    /// <param name="skip">What a run that goes on would skip; null when it is complete.</param>
    public static PublishReport Of(PublishTally tally, TimeSpan duration, bool interrupted, long? skip) => new(
        SchemaName, tally.Sent, tally.Confirmed, tally.Failed, (long)duration.TotalMilliseconds,
        Math.Round(tally.Confirmed / Math.Max(0.001, duration.TotalSeconds), 1), tally.FirstId, tally.LastId, interrupted, skip, tally.Errors);

    public static PublishReport NothingSent(IReadOnlyList<InputError> errors) => new(SchemaName, 0, 0, errors.Count, 0, 0, null, null, false, null, errors);

    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);

    public void Print(TextWriter output, TextWriter error, string where)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"sent {Sent}   confirmed {Confirmed}   failed {Failed}   in {DurationMs / 1000.0:0.0} s ({RatePerSecond:0}/s){(Interrupted ? "   interrupted" : "")}"));
        if (FirstId is not null)
        {
            output.WriteLine($"first {FirstId}   last {LastId}   see them: {where}");
        }
        foreach (var problem in Errors)
        {
            error.WriteLine($"error: {problem}");
        }
        if (Skip is { } skip)
        {
            error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"to go on where it stopped: the same command with --skip {skip}"));
        }
    }
}
