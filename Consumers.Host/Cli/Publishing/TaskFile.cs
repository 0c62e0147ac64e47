using System.Runtime.CompilerServices;
using Consumers.Core;

namespace Consumers.Host.Cli.Publishing;

/// <summary>Tasks from NDJSON. A file is read through once before anything is sent; of stdin, which cannot be read twice, the beginning is.</summary>
internal sealed class TaskFile(TaskLine parser, ConsumersOptions options)
{
    /// <summary>Lines of stdin that are checked before the first is sent.</summary>
    private const int Lookahead = 1000;

    /// <summary>How many tasks a file holds.</summary>
    /// <exception cref="BadInputException">All that is wrong with it, up to a bound.</exception>
    public async Task<long> CheckAsync(string path, CancellationToken cancellationToken)
    {
        var (count, errors, areMore) = (0L, new List<InputError>(), false);
        await using var stream = Open(path);
        await foreach (var (message, error) in ParseAsync(stream, cancellationToken))
        {
            count++;
            if (error is not null)
            {
                areMore = errors.Count == BadInputException.Most;
                if (areMore)
                {
                    break;
                }
                errors.Add(error);
            }
        }
        return errors.Count == 0 ? count : throw new BadInputException(errors, areMore);
    }

    public async IAsyncEnumerable<TaskMessage> ReadAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var stream = Open(path);
        await foreach (var message in ReadAsync(stream, cancellationToken))
        {
            yield return message;
        }
    }

    /// <exception cref="BadInputException">At the first wrong line.</exception>
    public async IAsyncEnumerable<TaskMessage> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var ahead = new Queue<TaskMessage>();
        var isAhead = true;
        await foreach (var (message, error) in ParseAsync(stream, cancellationToken))
        {
            if (error is not null)
            {
                throw new BadInputException([error], areMore: false);
            }
            ahead.Enqueue(message!);
            if (!isAhead || ahead.Count >= Lookahead)
            {
                isAhead = false;
                while (ahead.TryDequeue(out var next))
                {
                    yield return next;
                }
            }
        }
        while (ahead.TryDequeue(out var next))
        {
            yield return next;
        }
    }

    private async IAsyncEnumerable<(TaskMessage? Message, InputError? Error)> ParseAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var line in LineReader.ReadAsync(stream, options.MaxBodyBytes, cancellationToken))
        {
            if (line.IsCut)
            {
                yield return (null, TaskLine.TooLarge(line.Number, options));
            }
            else if (!line.IsBlank)
            {
                yield return parser.Parse(line.Bytes, line.Number);
            }
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 4096, useAsync: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.BadInput, $"--file '{Terminal.Clean(path)}' cannot be read: {e.Message}", e);
        }
    }
}
