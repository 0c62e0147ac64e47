using System.Net.Mail;
using System.Text;

namespace Consumers.Host.Handlers.Email;

/// <summary>One mail that is fit to be sent: addresses parsed, no line breaks in what becomes a header.</summary>
/// <param name="IdempotencyKey">The same for every delivery of the task.</param>
internal sealed record Mail(string IdempotencyKey, MailAddress From, MailAddress To, string Subject, string Body)
{
    public string Token { get; } = IdempotencyToken.Of(IdempotencyKey);

    /// <summary>Deterministic, so that a mailbox can tell a second delivery from a second mail.</summary>
    public string MessageId => $"<{Token}@{From.Host}>";

    /// <summary>What is wrong with the payload, or the mail.</summary>
    public static (Mail? Mail, string? Problem) Create(EmailPayload payload, string defaultFrom, string idempotencyKey)
    {
        var sender = payload.From ?? defaultFrom;
        if (payload.To is not { Length: > 0 } to)
        {
            return (null, "payload.to is missing: it names the recipient's address");
        }
        if (payload.Subject is not { } subject)
        {
            return (null, "payload.subject is missing");
        }
        if (payload.Body is not { } body)
        {
            return (null, "payload.body is missing");
        }
        // A line break would end the header and begin one of the sender's choosing.
        if (HasControls(to) || HasControls(subject) || HasControls(sender))
        {
            return (null, $"payload.{(HasControls(to) ? "to" : HasControls(subject) ? "subject" : "from")} has a line break or another control character: it would become a header of its own");
        }
        if (!MailAddress.TryCreate(to, out var toAddress) || !Ascii.IsValid(toAddress.Address))
        {
            return (null, $"payload.to is '{to}', but must be one mail address in ASCII");
        }
        if (!MailAddress.TryCreate(sender, out var fromAddress) || !Ascii.IsValid(fromAddress.Address))
        {
            return (null, $"payload.from is '{sender}', but must be one mail address in ASCII");
        }
        return (new Mail(idempotencyKey, fromAddress, toAddress, subject, body), null);
    }

    private static bool HasControls(string text) => text.Any(char.IsControl);
}

/// <param name="To">One address; required.</param>
/// <param name="From">Default: <see cref="EmailOptions.From"/>.</param>
internal sealed record EmailPayload(string? To, string? Subject, string? Body, string? From);
