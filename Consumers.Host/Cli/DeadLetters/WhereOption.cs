using System.CommandLine;
using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.DeadLetters;

namespace Consumers.Host.Cli.DeadLetters;

/// <summary><c>--where</c>: read here, so that a bad part is said before the host is asked.</summary>
internal static class WhereOption
{
    public static Option<string?> Create() => new("--where") { Description = $"A filter: module: type: reason: cause: state: since: from: to: and words. Such as '{FilterText.Example}'." };

    public static DeadLetterFilter Read(string? where, TimeProvider time)
    {
        var (filter, error) = FilterText.Parse(where ?? "", time.GetUtcNow());
        return filter ?? throw new CliException(ExitCode.BadInput, $"--where: {Terminal.Clean(error!)}");
    }

    /// <summary>The filter as the API takes it in a body.</summary>
    public static DeadLetterQuery ToBody(DeadLetterFilter filter) =>
        new(filter.Module, filter.Type, filter.Reason, filter.Cause, filter.State?.ToWire(), filter.From, filter.To, filter.Text);
}
