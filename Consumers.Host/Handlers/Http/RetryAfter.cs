using System.Globalization;

namespace Consumers.Host.Handlers.Http;

/// <summary>RFC 9110 §10.2.3: seconds, or a date.</summary>
internal static class RetryAfter
{
    /// <summary>The wait that the answer asks for, at most <paramref name="max"/>. Null, and so the usual backoff, when it asks for none, for none that can be read, or for one that is over.</summary>
    public static TimeSpan? Of(HttpResponseMessage response, DateTimeOffset now, TimeSpan max)
    {
        if (!response.Headers.NonValidated.TryGetValues("Retry-After", out var values))
        {
            return null;
        }
        var text = values.First().Trim();
        TimeSpan wait;
        if (text.Length > 0 && text.All(char.IsAsciiDigit))
        {
            // Compared as a number first: no TimeSpan holds what a server may write here.
            wait = double.Parse(text, CultureInfo.InvariantCulture) is var seconds && seconds < max.TotalSeconds ? TimeSpan.FromSeconds(seconds) : max;
        }
        else if (response.Headers.RetryAfter?.Date is { } date)
        {
            // By the server's own clock when it tells it, so that ours may be wrong.
            wait = date - (response.Headers.Date ?? now);
        }
        else
        {
            return null;
        }
        return wait <= TimeSpan.Zero ? null : wait < max ? wait : max;
    }
}
