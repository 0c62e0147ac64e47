using System.Text.Json;
using System.Text.Json.Serialization;
using Consumers.Core;

namespace Consumers.Host.Api;

/// <summary>A JSON body as a record: members that it does not know are refused, because what is misspelt would go unheard.</summary>
internal static class StrictBody
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        NumberHandling = JsonNumberHandling.Strict,
    };

    /// <param name="example">Shown when the body is not understood.</param>
    /// <param name="whenEmpty">What an absent body stands for; null when there must be one.</param>
    public static async Task<(T? Body, IResult? Refusal)> ReadAsync<T>(HttpContext context, int cap, string example, T? whenEmpty = null) where T : class
    {
        if (whenEmpty is not null && (context.Request.ContentLength is 0 || (context.Request.ContentLength is null && context.Request.ContentType is null)))
        {
            return (whenEmpty, null);
        }
        var (bytes, refusal) = await RequestBody.ReadAsync(context, cap, "what this address takes", RequestBody.Json);
        if (refusal is not null)
        {
            return (null, refusal);
        }
        try
        {
            return JsonSerializer.Deserialize<T>(bytes.Span, Options) is { } body ? (body, null) : (null, NotUnderstood(example, "", "is null"));
        }
        // Half of a surrogate pair, escaped, surfaces as the second.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return (null, NotUnderstood(example, (e as JsonException)?.Path, TaskHeaders.CleanError(e.Message)));
        }
    }

    private static IResult NotUnderstood(string example, string? path, string error) =>
        Problems.Of(StatusCodes.Status400BadRequest, "Not understood", $"The body is JSON such as {example}.", path?.TrimStart('$').Replace('.', '/'), error);
}
