using System.Net.Mail;
using System.Text;
using Consumers.Core;
using Consumers.Host.Handlers;
using Consumers.Host.Handlers.Email;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.Options;

namespace Consumers.Tests.Host;

public sealed class HandlerTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData("""{"complexityMs":-1}""")]
    [InlineData("""{"complexityMs":3600001}""")]
    [InlineData("""{"complexityMs":"x"}""")]
    [InlineData("null")]
    public async Task Sleep_takes_0_to_an_hour_and_anything_else_is_permanent(string payload) =>
        (await RunAsync(new SleepTaskHandler(TimeProvider.System), "sleep", payload)).ShouldBeOfType<TaskOutcome.Permanent>();

    [Theory]
    [InlineData("""{"failTimes":2}""", 2, typeof(TaskOutcome.Retryable))]
    [InlineData("""{"failTimes":2}""", 3, typeof(TaskOutcome.Succeeded))]
    [InlineData("""{"mode":"permanent"}""", 1, typeof(TaskOutcome.Permanent))]
    [InlineData("""{"mode":"permanent","failTimes":1}""", 2, typeof(TaskOutcome.Succeeded))]
    [InlineData("""{"mode":"success"}""", 1, typeof(TaskOutcome.Succeeded))]
    [InlineData("""{"mode":"sometimes"}""", 1, typeof(TaskOutcome.Permanent))]
    [InlineData("""{"failTimes":-1}""", 1, typeof(TaskOutcome.Permanent))]
    [InlineData("{}", 1, typeof(TaskOutcome.Permanent))]
    public async Task Flaky_fails_as_its_payload_says(string payload, int attempt, Type outcome) =>
        (await RunAsync(new FlakyTaskHandler(TimeProvider.System), "flaky", payload, attempt)).ShouldBeOfType(outcome);

    [Fact]
    public async Task Flaky_throws_and_hangs_when_it_is_asked_to()
    {
        await Should.ThrowAsync<FlakyException>(() => RunAsync(new FlakyTaskHandler(TimeProvider.System), "flaky", """{"mode":"throw"}"""));
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Should.ThrowAsync<OperationCanceledException>(() => RunAsync(new FlakyTaskHandler(TimeProvider.System), "flaky", """{"mode":"hang"}""", 1, cancel.Token));
        (await RunAsync(new FlakyTaskHandler(TimeProvider.System), "flaky", """{"failTimes":1,"retryAfterMs":1500}""")).ShouldBeOfType<TaskOutcome.Retryable>().After.ShouldBe(TimeSpan.FromMilliseconds(1500));
    }

    [Fact]
    public async Task A_mail_becomes_one_file_however_often_it_is_delivered()
    {
        using var folder = new TempFolder();
        var handler = EmailTo(folder);
        const string payload = """{"to":"a@example.com","subject":"Grüße, und ein langer Betreff, der in kein einzelnes Wort passt","body":"Line 1\nZeile 2 ä"}""";

        (await RunAsync(handler, "email", payload)).ShouldBeOfType<TaskOutcome.Succeeded>();
        (await RunAsync(handler, "email", payload, attempt: 2)).ShouldBeOfType<TaskOutcome.Succeeded>();

        var file = Directory.GetFiles(folder.Path).Single();
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        text.ShouldContain("To: <a@example.com>\r\n");
        text.ShouldContain($"Message-ID: <{Path.GetFileNameWithoutExtension(file)}@localhost>");
        text.ShouldContain("Subject: =?utf-8?B?");
        Encoding.UTF8.GetString(Convert.FromBase64String(text[text.IndexOf("\r\n\r\n", StringComparison.Ordinal)..])).ShouldBe("Line 1\nZeile 2 ä");
        text.Split("\r\n").ShouldAllBe(line => line.Length <= 78);
    }

    [Theory]
    [InlineData("""{"to":"a@example.com\r\nBcc: b@example.com","subject":"s","body":"b"}""", "payload.to has a line break")]
    [InlineData("""{"to":"a@example.com","subject":"s\nX-Evil: 1","body":"b"}""", "payload.subject has a line break")]
    [InlineData("""{"to":"a@example.com","subject":"s","body":"b","from":"x@example.com\r\nX: 1"}""", "payload.from has a line break")]
    [InlineData("""{"to":"nobody","subject":"s","body":"b"}""", "must be one mail address")]
    [InlineData("""{"subject":"s","body":"b"}""", "payload.to is missing")]
    [InlineData("""{"to":"a@example.com","body":"b"}""", "payload.subject is missing")]
    [InlineData("""{"to":"a@example.com","subject":"s"}""", "payload.body is missing")]
    public async Task A_mail_that_is_none_is_permanent_and_leaves_no_file(string payload, string reason)
    {
        using var folder = new TempFolder();

        (await RunAsync(EmailTo(folder), "email", payload)).ShouldBeOfType<TaskOutcome.Permanent>().Reason.ShouldContain(reason);

        Directory.GetFiles(folder.Path).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(SmtpStatusCode.MailboxBusy, false)]
    [InlineData(SmtpStatusCode.ServiceNotAvailable, false)]
    [InlineData(SmtpStatusCode.GeneralFailure, false)]
    [InlineData(SmtpStatusCode.MailboxUnavailable, true)]
    [InlineData(SmtpStatusCode.SyntaxError, true)]
    public void A_4xx_is_tried_again_and_a_5xx_is_not(SmtpStatusCode code, bool isPermanent) => SmtpSender.IsPermanent(code).ShouldBe(isPermanent);

    private static EmailTaskHandler EmailTo(TempFolder folder)
    {
        var options = Options.Create(new EmailOptions { PickupFolder = folder.Path });
        return new EmailTaskHandler(new PickupFolderSender(options, new FakeTime()), options);
    }

    private static Task<TaskOutcome> RunAsync(ITaskHandler handler, string type, string payload, int attempt = 1, CancellationToken cancellationToken = default) =>
        OneAttempt.RunAsync(handler, type, payload, attempt, cancellationToken: cancellationToken);
}
