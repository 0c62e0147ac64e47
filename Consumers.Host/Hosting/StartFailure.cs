using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Consumers.Core;
using Consumers.Host.Cli;
using Consumers.Ledger;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Hosting;

/// <summary>A start that failed, in words and as an exit code.</summary>
internal sealed partial record StartFailure(int ExitCode, string Text)
{
    /// <summary>Null for what is no fault of configuration or surroundings: that keeps its stack trace.</summary>
    public static StartFailure? Describe(Exception exception) => exception switch
    {
        CliException e => new(e.ExitCode, e.Message),
        InstanceNameTakenException => new(Cli.ExitCode.NameTaken, exception.Message),
        LedgerUnusableException => new(Cli.ExitCode.BadInput, exception.Message),
        OptionsValidationException e => Options(e.Failures),
        AggregateException e when e.InnerExceptions.All(inner => inner is OptionsValidationException) =>
            Options(e.InnerExceptions.Cast<OptionsValidationException>().SelectMany(inner => inner.Failures)),
        InvalidOperationException e when ConversionError().Match(e.Message) is { Success: true } match =>
            Options([$"{match.Groups["key"]} is '{Terminal.Clean(match.Groups["value"].Value)}', but must be a {Kind(match.Groups["type"].Value)}. Environment: {match.Groups["key"].Value.Replace(":", "__", StringComparison.Ordinal)}"]),
        IOException { InnerException: AddressInUseException } e => new(Cli.ExitCode.BadInput, AddressInUse(e.Message)),
        IOException { InnerException: SocketException } or SocketException => new(Cli.ExitCode.BadInput, $"cannot listen: {exception.Message}"),
        _ => null,
    };

    private static StartFailure Options(IEnumerable<string> failures)
    {
        var text = new StringBuilder("the configuration is wrong, so nothing was started.");
        foreach (var failure in failures.Distinct())
        {
            text.AppendLine().Append("       ").Append(failure);
        }
        return new(Cli.ExitCode.BadInput, text.ToString());
    }

    private static string AddressInUse(string message)
    {
        var address = Address().Match(message) is { Success: true } match ? match.Value.TrimEnd(':', '.', ',') : "the address";
        var beside = Uri.TryCreate(address, UriKind.Absolute, out var uri) ? $"{uri.Scheme}://{uri.Host}:{uri.Port + 1}" : "http://127.0.0.1:8081";
        return $"cannot listen on {address}: the address is in use.{Environment.NewLine}"
            + $"       Another instance? Start this one beside it:  consumers run --id consumer-2 --urls {beside}";
    }

    private static string Kind(string type) => type switch
    {
        "System.TimeSpan" => "time such as 00:00:30",
        "System.Int32" or "System.Int64" or "System.UInt16" => "whole number",
        "System.Double" => "number",
        "System.Boolean" => "true or false",
        _ => $"value of {type}",
    };

    [GeneratedRegex(@"^Failed to convert configuration value (?:'(?<value>[^']*)' )?at '(?<key>[^']+)' to type '(?<type>[^']+)'", RegexOptions.NonBacktracking)]
    private static partial Regex ConversionError();

    [GeneratedRegex(@"https?://\S+", RegexOptions.NonBacktracking)]
    private static partial Regex Address();
}
