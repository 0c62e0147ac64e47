using System.Globalization;

namespace Consumers.Host.Cli;

/// <summary>Asks a person before something is done to many. Where there is no person, it must have been said beforehand.</summary>
/// <param name="input">Null when nobody sits there: stdin is no terminal.</param>
internal sealed class Asker(TextReader? input, TextWriter error)
{
    public static Asker OfTerminal(TextWriter error) => new(Console.IsInputRedirected ? null : Console.In, error);

    /// <summary>True when it may go on; false when the person says no.</summary>
    /// <param name="mustType">The number itself has to be typed, and not only a y.</param>
    /// <exception cref="CliException">Nobody is there to be asked.</exception>
    public bool MayGoOn(string what, long count, bool mustType)
    {
        if (input is null)
        {
            throw new CliException(ExitCode.BadInput, $"this would {what}, and nobody can be asked here. Look at it with --dry-run, then add --yes.");
        }
        var number = count.ToString(CultureInfo.InvariantCulture);
        error.Write(mustType ? $"This will {what}. Type {number} to go on: " : $"This will {what}. Go on? [y/N] ");
        var answer = input.ReadLine()?.Trim();
        return mustType ? answer == number : answer is "y" or "Y" or "yes";
    }
}
