using System.CommandLine;
using System.Globalization;
using Consumers.Host.Cli.Publishing;
using Consumers.Host.Hosting;

namespace Consumers.Host.Cli;

/// <summary><c>consumers publish</c>: tasks straight to the broker, with confirms.</summary>
internal static class PublishVerb
{
    public static Verb Create()
    {
        var module = new Argument<string>("module") { Description = string.Join(" or ", ModuleSwitches.Known) };
        var type = new Option<string?>("--type") { Description = "The task type. With --file: for lines that name none." };
        var payload = new Option<string?>("--payload") { Description = "JSON, @file, or - for stdin. Default for built-in types: an example that works." };
        var file = new Option<string?>("--file") { Description = "NDJSON, one task a line; - for stdin." };
        var count = new Option<int>("--count") { Description = "How many tasks of this type and payload. Default 1.", DefaultValueFactory = _ => 1 };
        var skip = new Option<int>("--skip") { Description = "Leave out the first so many: to go on after an interrupt.", DefaultValueFactory = _ => 0 };
        var rate = new Option<string?>("--rate") { Description = "At most so many, such as 500/s or 30/m." };
        var key = new Option<string?>("--key") { Description = "The tasks' key." };
        var id = new Option<string?>("--id") { Description = "The task's id. Default: a new UUID." };
        var maxRetries = new Option<int?>("--max-retries") { Description = "0 to 100. Default: Consumers:DefaultMaxRetries." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var quiet = new Option<bool>("--quiet") { Description = "Print errors only." };
        count.Validators.Add(result => RequireRange(result, count, 1, 100_000_000));
        skip.Validators.Add(result => RequireRange(result, skip, 0, int.MaxValue));
        maxRetries.Validators.Add(result => RequireRange(result, maxRetries, 0, 100));

        var verb = new Verb("publish", "Publish tasks straight to the broker; each is confirmed. With an embedded broker: to the running host's API.")
        {
            Examples =
            [
                "consumers publish rabbit --type sleep --payload '{\"complexityMs\":50}' --count 1000",
                "consumers publish scaling --type sleep --payload '{\"complexityMs\":50}' --count 1000",
                "consumers publish kafka --type sleep --payload '{\"complexityMs\":50}' --key customer-42 --count 100",
                "consumers publish rabbit --type email --file tasks.ndjson --rate 500/s",
                "cat tasks.ndjson | consumers publish rabbit --file - --json",
                "consumers publish rabbit --type flaky --payload '{\"failTimes\":2}' --max-retries 5",
            ],
        };
        verb.Add(module);
        foreach (var option in new Option[] { type, payload, file, count, skip, rate, key, id, maxRetries, json, quiet })
        {
            verb.Add(option);
        }
        verb.SetAction((parsed, cancellationToken) =>
        {
            var request = new PublishRequest
            {
                Module = ModuleSwitches.Parse(parsed.GetRequiredValue(module)),
                Type = parsed.GetValue(type),
                Payload = parsed.GetValue(payload),
                File = parsed.GetValue(file),
                Count = parsed.GetValue(count),
                Skip = parsed.GetValue(skip),
                Rate = ParseRate(parsed.GetValue(rate)),
                Key = parsed.GetValue(key),
                Id = parsed.GetValue(id),
                MaxRetries = parsed.GetValue(maxRetries),
                Json = parsed.GetValue(json),
                Quiet = parsed.GetValue(quiet),
            };
            if (request.File is not null && (request.Payload is not null || request.Id is not null || request.Count != 1))
            {
                throw new CliException(ExitCode.BadInput, "--file brings its own tasks, so --payload, --id and --count cannot go with it.");
            }
            var streams = parsed.InvocationConfiguration;
            return new PublishCommand(request, streams.Output, streams.Error, TimeProvider.System).RunAsync(cancellationToken);
        });
        return verb;
    }

    /// <summary>Tasks a second.</summary>
    internal static double? ParseRate(string? rate)
    {
        if (rate is null)
        {
            return null;
        }
        var parts = rate.Split('/');
        var seconds = parts is [_] ? 1 : parts is [_, var unit] ? unit switch { "s" => 1, "m" => 60, "h" => 3600, _ => 0 } : 0;
        return seconds > 0 && double.TryParse(parts[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number / seconds
            : throw new CliException(ExitCode.BadInput, $"--rate is '{Terminal.Clean(rate)}', but must be a number a time, such as 500/s, 30/m or 500.");
    }

    private static void RequireRange<T>(System.CommandLine.Parsing.OptionResult result, Option<T> option, int min, int max)
    {
        if (!result.Errors.Any() && result.GetValueOrDefault<T>() is int value && (value < min || value > max))
        {
            result.AddError($"{option.Name} is {value}, but must be {min} to {max}.");
        }
    }
}
