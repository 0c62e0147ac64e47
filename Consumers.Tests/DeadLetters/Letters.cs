using System.Text;
using Consumers.Core;

namespace Consumers.Tests.DeadLetters;

/// <summary>Dead letters as a source hands them over.</summary>
internal static class Letters
{
    public static DeadLetter Task(string id, string type = "email", string payload = "{}", int series = 1, string error = "SmtpException: mailbox unavailable", string reason = "exhausted", string module = "rabbit", string? key = null, DateTimeOffset? at = null) =>
        Of(
            $$"""{"id":"{{id}}","type":"{{type}}","payload":{{payload}}}""",
            $"mark:{id}:{series}",
            module,
            key,
            [new(TaskHeaders.DeadReason, reason), new(TaskHeaders.LastError, error), new(TaskHeaders.Series, $"{series}"), new(TaskHeaders.Attempt, "6"), .. at is { } time ? [new KeyValuePair<string, string>(TaskHeaders.DeadAt, TaskHeaders.Format(time))] : (KeyValuePair<string, string>[])[]]);

    public static DeadLetter Raw(string body, string identity, string module = "rabbit") =>
        Of(body, identity, module, null, [new(TaskHeaders.DeadReason, "malformed"), new(TaskHeaders.LastError, "'x' is an invalid start of a value")]);

    private static DeadLetter Of(string body, string identity, string module, string? key, KeyValuePair<string, string>[] headers) =>
        new(module, "task-dead-letter-queue", identity, Encoding.UTF8.GetBytes(body), null, key, headers);

    public static ValueTask AddAsync(this IDeadLetterArchive archive, params DeadLetter[] letters) => archive.AddAsync(letters, CancellationToken.None);

    public static async Task<IReadOnlyList<DeadLetterRow>> AllAsync(this IDeadLetterArchive archive, DeadLetterFilter? filter = null, int page = 200)
    {
        var all = new List<DeadLetterRow>();
        string? after = null;
        do
        {
            (var items, after) = await archive.ListAsync(filter ?? new DeadLetterFilter(), after, page, CancellationToken.None);
            all.AddRange(items);
        }
        while (after is not null);
        return all;
    }
}
