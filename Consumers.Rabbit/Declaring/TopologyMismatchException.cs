using System.Text.RegularExpressions;

namespace Consumers.Rabbit;

/// <summary>A queue or exchange is there already, but not as this module needs it. It is never deleted by the fleet: what is in it belongs to somebody.</summary>
internal sealed partial class TopologyMismatchException(string message, string advice) : Exception(message)
{
    public string Advice { get; } = advice;

    /// <summary>From the broker's text, as in: PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'q' in vhost '/': received 'quorum' but current is 'classic'.</summary>
    /// <param name="what">The queue or exchange that was declared, for a text that is worded otherwise.</param>
    public static TopologyMismatchException From(string what, string replyText)
    {
        var match = Inequivalent().Match(replyText);
        var message = match.Success
            ? $"{match.Groups["kind"].Value} '{match.Groups["name"].Value}' differs in '{match.Groups["arg"].Value}': wanted {Value(match, "wanted")}, the broker has {Value(match, "current")}"
            : $"{what} differs from what is wanted: {replyText}";
        return new(message, "Drain and delete it so that it is declared anew, or configure another name (Consumers:Rabbit:*); it is never deleted by the fleet. It is tried again about once a minute.");
    }

    private static string Value(Match match, string group) => match.Groups[group].Value.Trim();

    [GeneratedRegex(@"inequivalent arg '(?<arg>[^']*)' for (?<kind>queue|exchange) '(?<name>.*?)' in vhost '.*?': received (?<wanted>.*?),? but current is (?<current>.*)$", RegexOptions.Singleline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Inequivalent();
}
