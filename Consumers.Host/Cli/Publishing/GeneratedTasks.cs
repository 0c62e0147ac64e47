using System.Text;
using System.Text.Json;
using Consumers.Core;
using Consumers.Host.Handlers;

namespace Consumers.Host.Cli.Publishing;

/// <summary>Tasks of one type and payload, each with an id of its own.</summary>
internal static class GeneratedTasks
{
    public static TaskMessage Template(PublishRequest request, ConsumersOptions options, TimeProvider time, Stream input)
    {
        if (request.Type is not { } type)
        {
            throw new CliException(ExitCode.BadInput, "--type is missing: say which task to publish, such as --type sleep, or give --file.");
        }
        Require(TaskName.IsValid(type), "--type", type, TaskName.Rule);
        Require(request.Id is null || TaskName.IsValid(request.Id), "--id", request.Id, TaskName.Rule);
        Require(request.Key is null or { Length: <= TaskMessageCodec.MaxKeyLength }, "--key", request.Key is { Length: > 20 } key ? key[..20] + "…" : request.Key, $"at most {TaskMessageCodec.MaxKeyLength} characters");
        if (request is { Id: not null, Count: > 1 })
        {
            throw new CliException(ExitCode.BadInput, "--id names one task, so it cannot go with --count over 1.");
        }
        var payload = ReadPayload(request.Payload ?? BuiltInHandlers.ExamplePayloads.GetValueOrDefault(type) ?? "null", input);
        var message = TaskMessage.Create(type, payload, request.MaxRetries ?? options.DefaultMaxRetries, time.GetUtcNow()) with { Key = request.Key };
        message = request.Id is { } id ? message with { Id = id } : message;
        return TaskMessageCodec.Encode(message).Length <= options.MaxBodyBytes
            ? message
            : throw new BadInputException([TaskLine.TooLarge(null, options)], areMore: false);
    }

    public static async IAsyncEnumerable<TaskMessage> Make(TaskMessage template, PublishRequest request, TimeProvider time)
    {
        for (var i = 0; i < request.Count; i++)
        {
            var now = time.GetUtcNow();
            yield return request.Id is not null ? template : template with { Id = Guid.CreateVersion7(now).ToString(), CreatedAt = now };
        }
        await Task.CompletedTask;
    }

    private static ReadOnlyMemory<byte> ReadPayload(string argument, Stream input)
    {
        byte[] json;
        try
        {
            json = argument switch
            {
                "-" => ReadAll(input),
                ['@', .. var path] => File.ReadAllBytes(path),
                _ => Encoding.UTF8.GetBytes(argument),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CliException(ExitCode.BadInput, $"--payload '{Terminal.Clean(argument)}' cannot be read: {e.Message}", e);
        }
        ReadOnlyMemory<byte> text = json.AsSpan().StartsWith("\uFEFF"u8) ? json.AsMemory(3) : json;
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = TaskMessageCodec.MaxDepth - 1 });
            return text;
        }
        catch (JsonException e)
        {
            var shown = argument.Length > 60 ? argument[..60] + "…" : argument;
            throw new CliException(ExitCode.BadInput, $"--payload {Terminal.Clean(shown)} is not JSON: {Terminal.Clean(e.Message)} In a shell, put it in single quotes: --payload '{{\"complexityMs\":50}}'", e);
        }
    }

    private static byte[] ReadAll(Stream input)
    {
        using var all = new MemoryStream();
        input.CopyTo(all);
        return all.ToArray();
    }

    private static void Require(bool isRight, string option, string? value, string rule)
    {
        if (!isRight)
        {
            throw new CliException(ExitCode.BadInput, $"{option} is '{Terminal.Clean(value ?? "")}', but must be {rule}.");
        }
    }
}
