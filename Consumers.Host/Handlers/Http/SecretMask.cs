namespace Consumers.Host.Handlers.Http;

/// <summary>Takes an endpoint's configured header values and query out of a text: a server may answer with what it was sent.</summary>
internal sealed class SecretMask(HttpEndpointOptions endpoint)
{
    /// <summary>Shorter ones are words, and masking them would make the text unreadable.</summary>
    private const int Shortest = 4;

    // The longest first: what follows the scheme in "Bearer abc" is a part of the whole.
    private readonly string[] _secrets =
    [
        .. endpoint.Headers.Values.SelectMany(value => (string[])[value, value[(value.IndexOf(' ') + 1)..]])
            .Append(new Uri(endpoint.Url).Query.TrimStart('?'))
            .Where(secret => secret.Length >= Shortest)
            .OrderByDescending(secret => secret.Length),
    ];

    public string Apply(string text) => _secrets.Aggregate(text, (masked, secret) => WithoutHalf(masked.Replace(secret, "***", StringComparison.Ordinal), secret));

    /// <summary>The text may have been cut in the middle of a secret.</summary>
    private static string WithoutHalf(string text, string secret)
    {
        for (var length = Math.Min(secret.Length - 1, text.Length); length >= Shortest; length--)
        {
            if (text.AsSpan().EndsWith(secret.AsSpan(0, length)))
            {
                return text[..^length] + "***";
            }
        }
        return text;
    }
}
