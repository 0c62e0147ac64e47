namespace Consumers.Host.Handlers.Email;

/// <summary>Where mail goes: an SMTP server, or a folder.</summary>
internal interface IMailSender
{
    /// <exception cref="MailRefusedException">The server said no.</exception>
    ValueTask SendAsync(Mail mail, CancellationToken cancellationToken);
}

/// <param name="isPermanent">A 5xx reply: sending it again cannot help.</param>
internal sealed class MailRefusedException(string message, bool isPermanent, Exception inner) : Exception(message, inner)
{
    public bool IsPermanent { get; } = isPermanent;
}
