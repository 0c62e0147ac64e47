using System.Net;
using System.Net.Mail;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Handlers.Email;

/// <summary>One connection a mail: the platform's client is not made for sharing.</summary>
internal sealed class SmtpSender(IOptions<EmailOptions> options, TimeProvider time) : IMailSender
{
    public async ValueTask SendAsync(Mail mail, CancellationToken cancellationToken)
    {
        var to = options.Value;
        using var client = new SmtpClient(to.SmtpHost, to.SmtpPort) { EnableSsl = to.SmtpTls };
        if (!string.IsNullOrEmpty(to.SmtpUser))
        {
            client.Credentials = new NetworkCredential(to.SmtpUser, to.SmtpPassword);
        }
        using var message = new MailMessage(mail.From, mail.To) { Subject = mail.Subject, Body = mail.Body, IsBodyHtml = false };
        message.Headers.Add("Message-ID", mail.MessageId);
        using var timeout = new CancellationTokenSource(to.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await client.SendMailAsync(message, either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{to.SmtpHost}:{to.SmtpPort} did not take the mail within {to.Timeout.TotalSeconds:0} s (Consumers:Email:Timeout)", e);
        }
        catch (SmtpException e)
        {
            throw new MailRefusedException($"{to.SmtpHost}:{to.SmtpPort} said {(int)e.StatusCode}: {e.InnerException?.Message ?? e.Message}", IsPermanent(e.StatusCode), e);
        }
    }

    /// <summary>RFC 5321 §4.2.1: 4xx may succeed later, 5xx will not. No code at all is a connection that failed.</summary>
    internal static bool IsPermanent(SmtpStatusCode code) => (int)code is >= 500 and < 600;
}
