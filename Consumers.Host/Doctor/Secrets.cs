namespace Consumers.Host.Doctor;

/// <summary>What the configuration holds and nobody may see. No check tells one; what a broker answers may, so every text goes through here.</summary>
internal sealed class Secrets
{
    /// <summary>Shorter ones are words, and hiding them would make the text unreadable.</summary>
    private const int Shortest = 4;

    private static readonly string[] Named = ["password", "secret", "apikey", "api_key", "token", "sasl.oauthbearer.config", "headers", ".pem"];

    private readonly string[] _values;

    public Secrets(IConfiguration configuration) => _values =
    [
        .. configuration.AsEnumerable().SelectMany(Of).Where(value => value.Length >= Shortest && value != "guest").Distinct(StringComparer.Ordinal).OrderByDescending(value => value.Length),
    ];

    public string Hide(string text) => _values.Aggregate(text, (hidden, value) => hidden.Replace(value, "***", StringComparison.Ordinal));

    private static IEnumerable<string> Of(KeyValuePair<string, string?> setting)
    {
        if (setting.Value is not { Length: > 0 } value)
        {
            yield break;
        }
        if (Array.Exists(Named, name => setting.Key.Contains(name, StringComparison.OrdinalIgnoreCase)))
        {
            yield return value;
        }
        if (Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.UserInfo is { Length: > 0 } user)
        {
            // Alone, as in redis://password@host, it is the password.
            var password = user.Split(':', 2)[^1];
            yield return password;
            yield return Uri.UnescapeDataString(password);
        }
    }
}
