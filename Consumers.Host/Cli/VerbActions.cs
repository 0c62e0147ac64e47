using System.CommandLine;

namespace Consumers.Host.Cli;

internal static class VerbActions
{
    /// <summary>Adds options and what the verb does; for verbs that are made in one expression.</summary>
    public static Verb With(this Verb verb, IEnumerable<Option> options, Func<ParseResult, InvocationConfiguration, CancellationToken, Task<int>> run)
    {
        foreach (var option in options)
        {
            verb.Add(option);
        }
        verb.SetAction((parsed, cancellationToken) => run(parsed, parsed.InvocationConfiguration, cancellationToken));
        return verb;
    }
}
