using System.Security.Cryptography;
using System.Text;

namespace Consumers.Core;

/// <summary>What a dead letter says of itself. All of it comes from outside: it is clamped and cleaned here, and never thrown at.</summary>
public sealed record ReadDeadLetter
{
    /// <summary>The reason of one that the broker itself dead-lettered.</summary>
    public const string Broker = "broker";

    /// <summary>The reason of one that says none.</summary>
    public const string Unknown = "unknown";

    private const int MaxOrigin = 512, MaxName = 128, MaxAttempts = 1000;

    /// <summary>Null when the body is no task.</summary>
    public TaskMessage? Task { get; private init; }

    public string? Key { get; private init; }

    public required string Reason { get; init; }

    public required string Error { get; init; }

    public string? Place { get; private init; }

    public int Series { get; private init; }

    public int Attempts { get; private init; }

    public DateTimeOffset? FirstFailureAt { get; private init; }

    /// <summary>Never later than now.</summary>
    public DateTimeOffset DeadAt { get; private init; }

    public string? ConsumerId { get; private init; }

    public string? Origin { get; private init; }

    /// <summary>SHA-256 of what never changes in the life of a task, its type and payload; of the whole body when that is no task.</summary>
    public required string Content { get; init; }

    /// <param name="maxBodyBytes">A larger body is no task.</param>
    public static ReadDeadLetter Of(DeadLetter letter, int maxBodyBytes, DateTimeOffset now)
    {
        var task = letter.Body.Length <= maxBodyBytes ? TaskMessageCodec.Decode(letter.Body, letter.MessageId, defaultMaxRetries: 0, out _) : null;
        var deadAt = TaskHeaders.ReadTime(Header(TaskHeaders.DeadAt)) ?? letter.At ?? now;
        var reason = DeadReasonNames.FromWire(Header(TaskHeaders.DeadReason))?.ToWire() ?? (letter.BrokerReason is null ? Unknown : Broker);
        return new ReadDeadLetter
        {
            Task = task,
            Key = Text(letter.Key ?? task?.Key, TaskMessageCodec.MaxKeyLength),
            Reason = reason,
            Error = ErrorOf(reason, Header(TaskHeaders.LastError), letter.BrokerReason),
            Place = ErrorPlace.Read(Header(TaskHeaders.ErrorPlace)),
            Series = TaskHeaders.ReadInt(Header(TaskHeaders.Series), 1, TaskHeaders.MaxSeries, 1),
            Attempts = TaskHeaders.ReadInt(Header(TaskHeaders.Attempt), 0, MaxAttempts, 0),
            FirstFailureAt = TaskHeaders.ReadTime(Header(TaskHeaders.FirstFailureAt)),
            DeadAt = deadAt < now ? deadAt : now,
            ConsumerId = Text(Header(TaskHeaders.ConsumerId), MaxName),
            Origin = Text(Header(TaskHeaders.Origin), MaxOrigin),
            Content = ContentOf(task, letter.Body.Span),
        };

        string? Header(string name) => DeadLetterIdentity.Find(letter.Headers, name);
    }

    private static string ErrorOf(string reason, string? error, string? brokerReason)
    {
        var last = string.IsNullOrWhiteSpace(error) ? null : error;
        return TaskHeaders.CleanError((reason, last) switch
        {
            (Broker, null) => $"dead-lettered by the broker: {brokerReason}",
            (Broker, _) => $"dead-lettered by the broker: {brokerReason}; the error before: {last}",
            (_, null) => "it carries no error",
            _ => last,
        });
    }

    private static string? Text(string? value, int length) => string.IsNullOrEmpty(value) ? null : TaskHeaders.CleanError(value.Length <= length ? value : value[..length]);

    private static string ContentOf(TaskMessage? task, ReadOnlySpan<byte> body)
    {
        if (task is null)
        {
            return Convert.ToHexStringLower(SHA256.HashData(body));
        }
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(task.Type));
        // No type has a zero byte, so this ends it.
        hash.AppendData([0]);
        hash.AppendData(task.Payload.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
