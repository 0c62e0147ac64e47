using System.Text;
using Consumers.Core;

namespace Consumers.Tests.DeadLetters;

public sealed class ReadDeadLetterTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_the_fleet_wrote_is_read()
    {
        var read = Read("""{"id":"t1","type":"email","payload":{"to":"anna"},"key":"k"}""",
            ("x-dead-reason", "exhausted"), ("x-last-error", "no answer"), ("x-series", "2"), ("x-attempt", "6"), ("x-first-failure-at", "2026-11-21T11:00:00.000Z"),
            ("x-dead-at", "2026-11-21T11:59:00.000Z"), ("x-consumer-id", "consumer-1"), ("x-origin", "task-execution-queue"), ("x-error-place", "Mail.Send"));

        (read.Task!.Id, read.Task.Type, read.Key, read.Reason, read.Error, read.Series, read.Attempts).ShouldBe(("t1", "email", "k", "exhausted", "no answer", 2, 6));
        (read.FirstFailureAt, read.DeadAt).ShouldBe((Now.AddHours(-1), Now.AddMinutes(-1)));
        (read.ConsumerId, read.Origin, read.Place).ShouldBe(("consumer-1", "task-execution-queue", "Mail.Send"));
    }

    [Fact]
    public void The_content_of_a_task_is_the_same_in_every_attempt_and_series()
    {
        var first = Read("""{"id":"t1","type":"email","payload":{"to":"anna"},"retryCount":0}""");
        var later = Read("""{"type":"email","retryCount":5,"id":"t1","createdAt":"2026-01-01T00:00:00Z","payload":{"to":"anna"},"more":1}""", ("x-series", "3"));

        later.Content.ShouldBe(first.Content);
        Read("""{"id":"t1","type":"email","payload":{"to":"otto"}}""").Content.ShouldNotBe(first.Content);
        Read("""{"id":"t1","type":"mail","payload":{"to":"anna"}}""").Content.ShouldNotBe(first.Content);
    }

    [Fact]
    public void Headers_from_strangers_are_clamped()
    {
        var read = Read("no task", ("x-dead-reason", "<script>"), ("x-last-error", "a\u0000b\u001b[31m"), ("x-series", "99999999999"), ("x-attempt", "-5"), ("x-first-failure-at", "yesterday"),
            ("x-dead-at", "9999-12-31T23:59:59Z"), ("x-consumer-id", new string('c', 5000)), ("x-origin", "\r\n"), ("x-error-place", "/etc/passwd"));

        read.Task.ShouldBeNull();
        (read.Reason, read.Series, read.Attempts, read.FirstFailureAt, read.DeadAt, read.Place).ShouldBe(("unknown", TaskHeaders.MaxSeries, 0, null, Now, null));
        read.Error.ShouldNotContain("\u0000");
        read.ConsumerId!.Length.ShouldBe(128);
    }

    [Fact]
    public void What_the_broker_dead_lettered_says_so()
    {
        var letter = new DeadLetter("rabbit", "dead", "i", "x"u8.ToArray(), null, null, [new("x-last-error", "no answer")]) { BrokerReason = "delivery_limit in work", At = Now.AddMinutes(-3) };

        var read = ReadDeadLetter.Of(letter, 1024, Now);

        (read.Reason, read.Error, read.DeadAt).ShouldBe(("broker", "dead-lettered by the broker: delivery_limit in work; the error before: no answer", Now.AddMinutes(-3)));
    }

    [Fact]
    public void A_body_over_the_size_of_a_task_is_none() =>
        ReadDeadLetter.Of(new DeadLetter("rabbit", "dead", "i", Encoding.UTF8.GetBytes("""{"id":"t1","type":"email"}"""), null, null, []), 10, Now).Task.ShouldBeNull();

    private static ReadDeadLetter Read(string body, params (string Name, string Value)[] headers) => ReadDeadLetter.Of(
        new DeadLetter("rabbit", "dead", "i", Encoding.UTF8.GetBytes(body), null, null, [.. headers.Select(header => new KeyValuePair<string, string>(header.Name, header.Value))]), 1024 * 1024, Now);
}
