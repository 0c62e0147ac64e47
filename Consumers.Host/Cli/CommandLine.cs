using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;

namespace Consumers.Host.Cli;

/// <summary>The verbs, and what is the same for all of them: help, exit codes, one clear line for an error.</summary>
internal sealed class CommandLine
{
    private readonly RootCommand _root = new("A fleet of task consumers: runs task handlers off message brokers, and shows what becomes of every task.");
    private readonly Verb _defaultVerb;

    public CommandLine(Verb defaultVerb, params Verb[] verbs)
    {
        _defaultVerb = defaultVerb;
        _root.Add(defaultVerb);
        foreach (var verb in verbs)
        {
            _root.Add(verb);
        }
        foreach (var option in _root.Options.OfType<HelpOption>())
        {
            option.Action = new HelpWithExamples((HelpAction)option.Action!);
        }
    }

    /// <param name="output">Results; default stdout.</param>
    /// <param name="error">Errors, progress and hints; default stderr.</param>
    public async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter? output = null, TextWriter? error = null)
    {
        error ??= Console.Error;
        var parsed = _root.Parse(WithDefaultVerb(args));
        var verb = parsed.CommandResult.Command as Verb;
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples)
        {
            WriteParseErrors(parsed, verb, error);
            return ExitCode.BadInput;
        }
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output ?? Console.Out, Error = error };
        // Long enough for what a verb still does after Ctrl-C, such as waiting for confirms.
        configuration.ProcessTerminationTimeout = TimeSpan.FromSeconds(10);
        if (verb is { OwnsSignals: true })
        {
            // The library's two seconds would cut the drain short.
            configuration.ProcessTerminationTimeout = null;
        }
        try
        {
            return await parsed.InvokeAsync(configuration);
        }
        catch (CliException e)
        {
            error.WriteLine($"error: {e.Message}");
            return e.ExitCode;
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("interrupted");
            return ExitCode.Interrupted;
        }
        catch (Exception e)
        {
            // A fault of ours: all that is known of it helps whoever mends it.
            error.WriteLine($"error: unexpected. {e}");
            return ExitCode.Failed;
        }
    }

    private IReadOnlyList<string> WithDefaultVerb(IReadOnlyList<string> args)
    {
        var isRun = args.Count == 0 || (args[0].StartsWith('-') && args[0] is not ("-h" or "-?" or "--help" or "--version"));
        return isRun ? [_defaultVerb.Name, .. args] : args;
    }

    private void WriteParseErrors(ParseResult parsed, Verb? verb, TextWriter error)
    {
        var names = _root.Subcommands.Where(command => !command.Hidden).Select(command => command.Name).ToArray();
        var path = verb is null ? "" : PathOf(parsed.CommandResult);
        if (verb is null)
        {
            var typed = parsed.Tokens.Count > 0 ? parsed.Tokens[0].Value : "";
            error.WriteLine($"error: '{Terminal.Clean(typed)}' is not a verb.{NearestWord.Hint(typed, names)} Verbs: {string.Join(", ", names)}.");
        }
        else if (verb.Subcommands.Count > 0)
        {
            var subverbs = verb.Subcommands.Select(command => command.Name).ToArray();
            error.WriteLine(parsed.UnmatchedTokens is [var wrong, ..]
                ? $"error: '{Terminal.Clean(wrong)}' is not a verb of '{path}'.{NearestWord.Hint(wrong, subverbs)} Verbs: {string.Join(", ", subverbs)}."
                : $"error: '{path}' needs a verb: {string.Join(", ", subverbs)}.");
        }
        else if (parsed.UnmatchedTokens is [var unknown, ..])
        {
            var options = verb.Options.Select(option => option.Name);
            error.WriteLine(unknown.StartsWith('-')
                ? $"error: '{Terminal.Clean(unknown)}' is not an option of '{path}'.{NearestWord.Hint(unknown, options)}"
                : $"error: '{Terminal.Clean(unknown)}' was not expected after '{path}'.");
        }
        else
        {
            foreach (var message in parsed.Errors.Select(e => e.Message).Distinct())
            {
                error.WriteLine($"error: {Terminal.Clean(message)}");
            }
        }
        error.WriteLine($"       consumers {(verb is null ? "" : path + " ")}--help");
    }

    /// <summary>The verb with those above it, as one types it.</summary>
    private static string PathOf(CommandResult result) =>
        result.Parent is CommandResult { Command: Verb } above ? $"{PathOf(above)} {result.Command.Name}" : result.Command.Name;
}
