namespace Consumers.Host.Handlers.Email;

/// <summary>Section <c>Consumers:Email</c>.</summary>
internal sealed class EmailOptions
{
    public const string Section = "Consumers:Email";

    /// <summary>The sender of a mail whose payload names none. Default <c>tasks@localhost</c>.</summary>
    public string From { get; set; } = "tasks@localhost";

    /// <summary>Where .eml files go while no SMTP host is set; relative to the folder the host is run from. Default <c>data/outbox</c>.</summary>
    public string PickupFolder { get; set; } = "data/outbox";

    /// <summary>The SMTP server; null (default) writes .eml files into the pickup folder instead.</summary>
    public string? SmtpHost { get; set; }

    /// <summary>Default 25.</summary>
    public int SmtpPort { get; set; } = 25;

    /// <summary>STARTTLS. Default true; a server that offers none is then an error.</summary>
    public bool SmtpTls { get; set; } = true;

    public string? SmtpUser { get; set; }

    public string? SmtpPassword { get; set; }

    /// <summary>How long one mail may take. Default 30 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);
}
