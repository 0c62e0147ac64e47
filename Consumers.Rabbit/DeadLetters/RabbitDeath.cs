using System.Collections;
using System.Globalization;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>What the broker wrote when it dead-lettered a message itself: the first entry of <c>x-death</c>. Anybody can write that header, so this takes what is there, and never throws.</summary>
/// <param name="Reason"><c>delivery_limit in task-execution-queue</c></param>
/// <param name="At">The broker counts in seconds.</param>
/// <param name="Occasion">What tells this death from others of the same message.</param>
internal sealed record RabbitDeath(string Reason, DateTimeOffset? At, string Occasion)
{
    /// <summary>Null when there is none.</summary>
    public static RabbitDeath? Of(IReadOnlyBasicProperties properties)
    {
        if (properties.Headers is not { } headers || !headers.TryGetValue("x-death", out var deaths)
            || deaths is not IList { Count: > 0 } list || list[0] is not IDictionary<string, object?> death)
        {
            return null;
        }
        var (reason, queue, count) = (Text("reason"), Text("queue"), Text("count"));
        var at = death.TryGetValue("time", out var time) && time is AmqpTimestamp stamp ? stamp.UnixTime : (long?)null;
        return new RabbitDeath(
            $"{reason ?? "for a reason that it does not say"} in {queue ?? "a queue that it does not name"}",
            at is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(at.Value) : null,
            string.Create(CultureInfo.InvariantCulture, $"{reason}|{queue}|{count}|{at}"));

        string? Text(string name) => death.TryGetValue(name, out var value) ? IncomingHeaders.Text(value) : null;
    }
}
