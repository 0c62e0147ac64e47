using System.Text;
using Consumers.Core;

namespace Consumers.Tests.DeadLetters;

public sealed class CauseFingerprintTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Five_thousand_failures_of_five_causes_are_five_causes()
    {
        var random = new Random(1);
        Func<int, (string Type, string Reason, string Error, string? Place)>[] causes =
        [
            i => ("email", "exhausted", $"SmtpException: mailbox customer-{i}@example.com unavailable", "EmailTaskHandler.SendAsync"),
            i => ("email", "exhausted", $"SmtpException: mailbox customer-{i}@example.com unavailable", "EmailTaskHandler.ConnectAsync"),
            i => ("http", "permanent", $"HttpRequestException: 10.0.{i % 256}.7:8080 answered {400 + (i % 30)}", "HttpTaskHandler.PostAsync"),
            i => ("report", "exhausted", $"IOException: no space for /data/reports/2026-{i}/summary.csv, {i * 17} bytes missing", null),
            i => ("order", "permanent", $"InvalidOperationException: order {Guid.NewGuid()} has {i} lines, 'item {i}' is twice", "OrderHandler.Check"),
        ];

        var seen = Enumerable.Range(0, 5000)
            .Select(i => causes[random.Next(causes.Length)](i))
            .Select(failure => Of(failure.Type, failure.Reason, failure.Error, failure.Place))
            .CountBy(cause => cause)
            .ToArray();

        seen.Length.ShouldBe(5);
        seen.Select(cause => cause.Key.Id).ShouldBeUnique();
        seen.Sum(cause => cause.Value).ShouldBe(5000);
        seen.Select(cause => cause.Key.Error).ShouldContain("SmtpException: mailbox <email> unavailable");
    }

    [Fact]
    public void Module_type_reason_error_and_place_each_make_another_cause()
    {
        CauseFingerprint[] causes =
        [
            Of("email", "exhausted", "no answer", null), Of("http", "exhausted", "no answer", null), Of("email", "permanent", "no answer", null),
            Of("email", "exhausted", "no mailbox", null), Of("email", "exhausted", "no answer", "Mail.Send"), Of("email", "exhausted", "no answer", null, "kafka"),
        ];

        causes.Select(cause => cause.Id).ShouldBeUnique();
        Of("email", "exhausted", "no answer", null).Id.ShouldBe(causes[0].Id);
    }

    private static CauseFingerprint Of(string type, string reason, string error, string? place, string module = "rabbit")
    {
        List<KeyValuePair<string, string>> headers = [new(TaskHeaders.DeadReason, reason), new(TaskHeaders.LastError, error)];
        if (place is not null)
        {
            headers.Add(new(TaskHeaders.ErrorPlace, place));
        }
        var body = Encoding.UTF8.GetBytes($$"""{"id":"{{Guid.NewGuid()}}","type":"{{type}}"}""");
        return CauseFingerprint.Of(module, ReadDeadLetter.Of(new DeadLetter(module, "dead", "x", body, null, null, headers), 1024, Now));
    }
}
