using System.Globalization;
using System.Text;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Handlers.Email;

/// <summary>The embedded default: every mail is an .eml file. A second delivery of a task overwrites its file rather than adding one.</summary>
internal sealed class PickupFolderSender(IOptions<EmailOptions> options, TimeProvider time) : IMailSender
{
    public async ValueTask SendAsync(Mail mail, CancellationToken cancellationToken)
    {
        var folder = Path.GetFullPath(options.Value.PickupFolder);
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, $"{mail.Token}.eml");
        // Whoever picks the files up must never see half a mail: written aside, then renamed.
        var aside = Path.Combine(folder, $".{mail.Token}.{Guid.NewGuid():N}.tmp");
        try
        {
            await File.WriteAllTextAsync(aside, Format(mail, time.GetUtcNow()), cancellationToken);
            File.Move(aside, file, overwrite: true);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    /// <summary>RFC 5322 text; whatever is not plain ASCII is encoded.</summary>
    internal static string Format(Mail mail, DateTimeOffset now)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Date: {now.UtcDateTime:ddd, dd MMM yyyy HH':'mm':'ss} +0000\r\n");
        text.Append(CultureInfo.InvariantCulture, $"From: {Address(mail.From)}\r\n");
        text.Append(CultureInfo.InvariantCulture, $"To: {Address(mail.To)}\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Subject: {Words(mail.Subject)}\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Message-ID: {mail.MessageId}\r\n");
        text.Append("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
        text.Append(Convert.ToBase64String(Encoding.UTF8.GetBytes(mail.Body), Base64FormattingOptions.InsertLineBreaks)).Append("\r\n");
        return text.ToString();
    }

    private static string Address(System.Net.Mail.MailAddress address) =>
        address.DisplayName.Length == 0 ? $"<{address.Address}>" : $"{Words(address.DisplayName)} <{address.Address}>";

    /// <summary>RFC 2047 encoded words of at most 75 characters; short plain text stays as it is.</summary>
    private static string Words(string text)
    {
        if (text.Length <= 200 && Ascii.IsValid(text) && text.All(c => char.IsAsciiLetterOrDigit(c) || " .,:;!?-+/()#'".Contains(c)))
        {
            return text;
        }
        var words = new List<string>();
        var part = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (Encoding.UTF8.GetByteCount(part.ToString()) + rune.Utf8SequenceLength > 42)
            {
                words.Add(part.ToString());
                part.Clear();
            }
            part.Append(rune.ToString());
        }
        words.Add(part.ToString());
        return string.Join("\r\n ", words.Select(word => $"=?utf-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(word))}?="));
    }
}
