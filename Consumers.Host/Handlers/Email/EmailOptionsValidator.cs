using System.Net.Mail;
using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Handlers.Email;

internal sealed class EmailOptionsValidator : IValidateOptions<EmailOptions>
{
    public ValidateOptionsResult Validate(string? name, EmailOptions options)
    {
        var errors = new OptionErrors(EmailOptions.Section);
        errors.Check(MailAddress.TryCreate(options.From, out _), nameof(options.From), options.From, "a mail address");
        errors.Check(!string.IsNullOrWhiteSpace(options.PickupFolder), nameof(options.PickupFolder), options.PickupFolder, "a folder's path");
        errors.Check(options.SmtpHost is null or "" || Uri.CheckHostName(options.SmtpHost) != UriHostNameType.Unknown, nameof(options.SmtpHost), options.SmtpHost, "a host name or an address, without a port");
        errors.Check(options.SmtpPort is > 0 and <= 65535, nameof(options.SmtpPort), options.SmtpPort, "1 to 65535");
        errors.Check(options.Timeout > TimeSpan.Zero && options.Timeout <= TimeSpan.FromMinutes(10), nameof(options.Timeout), options.Timeout, "over 0, at most 10 minutes");
        errors.Check(string.IsNullOrEmpty(options.SmtpUser) == string.IsNullOrEmpty(options.SmtpPassword), nameof(options.SmtpPassword), "***", "set together with SmtpUser, or both left out");
        return errors.Result;
    }
}
