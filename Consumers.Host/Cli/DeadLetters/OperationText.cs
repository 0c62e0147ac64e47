using System.Globalization;
using Consumers.Host.Api;
using Consumers.Host.Texts;

namespace Consumers.Host.Cli.DeadLetters;

/// <summary>An operation on one line, or as one document.</summary>
internal static class OperationText
{
    public static void Print(TextWriter output, OperationView operation, bool json)
    {
        if (json)
        {
            DeadLettersVerb.Write(output, new { schema = "consumers.operation/1", operation });
            return;
        }
        output.WriteLine(Line(operation));
        if (operation.Note is { Length: > 0 } note)
        {
            output.WriteLine($"  {VisibleText.Line(note, 300)}");
        }
    }

    public static string Line(OperationView operation)
    {
        var done = operation.Kind == "replay"
            ? string.Create(CultureInfo.InvariantCulture, $"replayed {operation.Published + operation.Succeeded + operation.FailedAgain}/{operation.Total}  succeeded {operation.Succeeded}  failed again {operation.FailedAgain}")
            : string.Create(CultureInfo.InvariantCulture, $"discarded {operation.Discarded}/{operation.Total}");
        return string.Create(CultureInfo.InvariantCulture, $"operation {VisibleText.Line(operation.Id)}  {operation.State}  {done}  skipped {operation.Skipped}  waiting {operation.Waiting}");
    }
}
