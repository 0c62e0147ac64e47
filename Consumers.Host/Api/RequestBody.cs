using System.Buffers;
using Microsoft.Net.Http.Headers;

namespace Consumers.Host.Api;

/// <summary>Reads a body of a known kind up to a cap, and says what is wrong with it otherwise.</summary>
internal static class RequestBody
{
    /// <summary>Of a batch, in bytes.</summary>
    public const int BatchCap = 32 * 1024 * 1024;

    public const string Json = "application/json";
    public static readonly IReadOnlyList<string> NdJson = ["application/x-ndjson", "application/ndjson", "application/jsonl"];

    /// <summary>The body, or the answer that refuses it.</summary>
    public static async Task<(ReadOnlyMemory<byte> Bytes, IResult? Refusal)> ReadAsync(HttpContext context, int cap, string capName, params IEnumerable<string> mediaTypes)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || !mediaTypes.Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase)
            || type.Charset is { HasValue: true, Value: var charset } && !charset.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        {
            return (default, Problems.Of(StatusCodes.Status415UnsupportedMediaType, "Not a media type for tasks", $"Send the tasks as UTF-8 with Content-Type: {string.Join(" or ", mediaTypes)}."));
        }
        if (context.Request.ContentLength > cap)
        {
            return (default, TooLarge(cap, capName));
        }
        var buffer = new ArrayBufferWriter<byte>((int)(context.Request.ContentLength ?? 4096) + 1);
        while (true)
        {
            var read = await context.Request.Body.ReadAsync(buffer.GetMemory(1), context.RequestAborted);
            if (read == 0)
            {
                return (buffer.WrittenMemory, null);
            }
            buffer.Advance(read);
            if (buffer.WrittenCount > cap)
            {
                return (default, TooLarge(cap, capName));
            }
        }
    }

    public static IResult TooLarge(int cap, string capName) =>
        Problems.Of(StatusCodes.Status413PayloadTooLarge, "Too large", $"The body may have at most {cap} bytes ({capName}).");
}
