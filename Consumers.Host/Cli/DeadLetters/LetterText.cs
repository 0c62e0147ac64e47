using System.Globalization;
using System.Text;
using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.DeadLetters;
using Consumers.Host.Texts;

namespace Consumers.Host.Cli.DeadLetters;

/// <summary>One dead letter for a terminal. All of it comes from outside, so nothing of it is printed as it is.</summary>
internal static class LetterText
{
    private const int LongestLine = 1000;
    private const int MostLines = 200;

    public static void Print(TextWriter output, DeadLetterView letter)
    {
        void Line(string name, string? value) => output.WriteLine($"{name,-14}{VisibleText.Line(value ?? "–", LongestLine)}");
        Line("id", letter.Id);
        Line("state", letter.State + (letter.Times > 1 ? string.Create(CultureInfo.InvariantCulture, $", dead-lettered {letter.Times} times") : ""));
        Line("task", letter.TaskId);
        Line("type", letter.Type);
        Line("module", letter.Module);
        Line("key", letter.Key);
        Line("reason", letter.Reason);
        Line("error", letter.Error);
        Line("cause", letter.Cause);
        Line("attempts", string.Create(CultureInfo.InvariantCulture, $"{letter.Attempts} in series {letter.Series}"));
        Line("first failure", letter.FirstFailureAt is { } first ? TaskHeaders.Format(first) : null);
        Line("dead since", TaskHeaders.Format(letter.DeadAt));
        Line("by", letter.ConsumerId);
        Line("origin", letter.Origin);
        Line("source", letter.Source);
        Line("replayed as", letter.ReplayedAs);
        Line("operation", letter.Operation);
        foreach (var header in letter.Headers ?? [])
        {
            output.WriteLine($"  {VisibleText.Line(header.Name, 200)}: {VisibleText.Line(header.Value, LongestLine)}");
        }
        output.WriteLine();
        if (letter.BodyFault is { } fault)
        {
            output.WriteLine($"no task: {VisibleText.Line(fault, LongestLine)}");
        }
        PrintBody(output, letter);
    }

    private static void PrintBody(TextWriter output, DeadLetterView letter)
    {
        var bytes = letter.Body is { } text ? Encoding.UTF8.GetBytes(text) : Convert.FromBase64String(letter.BodyBase64 ?? "");
        var body = BodyView.Of(bytes);
        var lines = body.Json is null ? body.Hex.Select(row => (row.IsMarked ? "> " : "  ") + row) : JsonText.Indented(bytes).ReplaceLineEndings("\n").Split('\n');
        var all = lines.Take(MostLines + 1).ToArray();
        foreach (var line in all.Take(MostLines))
        {
            output.WriteLine(VisibleText.Line(line, LongestLine));
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"({bytes.Length} bytes{(all.Length > MostLines ? ", of which the beginning is shown" : "")}; all of them: consumers dlq show {VisibleText.Line(letter.Id)} --raw > FILE)"));
    }
}
