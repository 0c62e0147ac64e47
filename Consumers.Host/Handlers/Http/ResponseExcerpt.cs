using System.Text;
using Consumers.Core;

namespace Consumers.Host.Handlers.Http;

/// <summary>The beginning of an answer, for the reason of a failure.</summary>
internal static class ResponseExcerpt
{
    /// <summary>The most that is shown, in characters.</summary>
    public const int MaxLength = 300;

    /// <summary>The most that is read, in bytes, however much comes.</summary>
    private const int MaxBytes = 4096;

    /// <summary>Empty when the body is, or cannot be read: the status alone decides the outcome.</summary>
    public static async ValueTask<string> ReadAsync(HttpResponseMessage response, SecretMask secrets, CancellationToken cancellationToken)
    {
        var bytes = new byte[MaxBytes];
        var length = 0;
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            length = await body.ReadAtLeastAsync(bytes, MaxBytes, throwOnEndOfStream: false, cancellationToken);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
        }
        // Masked before it is cut, so that no half of a secret is left.
        var text = TaskHeaders.CleanError(secrets.Apply(Encoding.UTF8.GetString(bytes, 0, length))).Trim();
        return text.Length <= MaxLength ? text : text[..MaxLength] + "…";
    }
}
