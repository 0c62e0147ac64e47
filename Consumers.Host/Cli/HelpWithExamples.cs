using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Consumers.Host.Cli;

/// <summary>The library's help, and below it the verb's examples.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult.Command is Verb { Examples.Count: > 0 } verb)
        {
            output.WriteLine("Examples:");
            foreach (var example in verb.Examples)
            {
                output.WriteLine($"  {example}");
            }
            output.WriteLine();
        }
        return ExitCode.Ok;
    }
}
