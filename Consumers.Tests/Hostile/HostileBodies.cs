using System.IO.Compression;
using System.Text;
using Consumers.Core;

namespace Consumers.Tests.Hostile;

/// <summary>Bodies that are no task, or a task that cannot run. Every one carries something of its own, so that its dead letter can be told from others.</summary>
internal static class HostileBodies
{
    private static readonly string[] BadNames =
        ["", "../../etc/passwd", "<script>alert(1)</script>", "a b", "id\\r\\nX-Evil: 1", "\\u0000", "\\ud800", "é", "😀", "%00", "a/b", "'; DROP TABLE Tasks;--", new('a', 129), "{{7*7}}", "\\u202egpj"];

    private static readonly string[] Payloads =
    [
        "[]", "1e999", "{\"delayMs\":1e999}", "{\"delayMs\":\"\\ud800\"}", "{\"delayMs\":{}}", "\"\"", "{\"steps\":1}", "{\"delayMs\":99999999999999999999}",
    ];

    /// <summary>Name of the class, how often it comes compared to others, and the body for a nonce.</summary>
    public static readonly (string Class, int Weight, DeadReason Reason, Func<Random, string, byte[]> Body)[] All =
    [
        Bad("not json", (_, n) => $"hello {n}"),
        Bad("xml", (_, n) => $"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><task id='{n}'>&e;</task>"),
        Bytes("random bytes", (r, n) => [0xFF, .. Noise(r, 200), .. Ascii(n)]),
        Bytes("empty", (_, _) => []),
        Bad("only white space", (r, _) => new string(' ', r.Next(1, 500))),
        Bytes("truncated", (r, n) => Valid(n)[..^r.Next(1, 20)]),
        Bad("trailing data", (_, n) => Text(n) + "x"),
        Bad("two documents", (_, n) => Text(n) + Text(n)),
        Bad("array at the root", (_, n) => $"[{Text(n)}]"),
        Bad("scalar at the root", (r, n) => r.Next(3) switch { 0 => $"\"{n}\"", 1 => $"1{r.Next():D9}", _ => "true" + new string(' ', r.Next(100)) }),
        Bad("null at the root", (r, _) => "null" + new string(' ', r.Next(100))),
        Bad("comment", (_, n) => $"/* {n} */ {Text(n)}"),
        Bad("trailing comma", (_, n) => Text(n)[..^1] + ",}"),
        Bad("single quotes", (_, n) => Text(n).Replace('"', '\'')),
        Bad("NaN", (r, n) => With(n, "\"retryCount\":" + (r.Next(2) == 0 ? "NaN" : "-Infinity"))),
        Bytes("byte order mark", (_, n) => [0xEF, 0xBB, 0xBF, .. Valid(n)]),
        Bytes("utf-16", (_, n) => Encoding.Unicode.GetBytes(Text(n))),
        Bytes("invalid utf-8 in the payload", (r, n) => Spoilt(n, "\"payload\":\"", r)),
        Bytes("invalid utf-8 in the id", (r, n) => Spoilt(n, "\"id\":\"", r)),
        Bytes("overlong utf-8", (_, n) => [.. Ascii("{\"type\":\"probe\",\"id\":\""), 0xC0, 0x80, .. Ascii(n + "\"}")]),
        Bytes("surrogates as utf-8", (_, n) => [.. Ascii("{\"type\":\"probe\",\"payload\":\""), 0xED, 0xA0, 0x80, .. Ascii($"\",\"id\":\"{n}\"}}")]),
        Bad("lone surrogate in a name", (_, n) => With(n, "\"\\ud800\":1")),
        Bad("lone surrogate in the key", (_, n) => With(n, "\"key\":\"\\udfff\"")),
        Bad("raw control character", (r, n) => With(n, $"\"key\":\"{(char)r.Next(1, 32)}\"")),
        Bad("no id anywhere", (_, n) => $$"""{"type":"probe","payload":"{{n}}"}"""),
        Bad("null id", (_, n) => $$"""{"id":null,"type":"probe","payload":"{{n}}"}"""),
        Bad("no type", (_, n) => $$"""{"id":"{{n}}"}"""),
        Bad("null type", (_, n) => $$"""{"id":"{{n}}","type":null}"""),
        Bad("hostile id", (r, n) => $$"""{"id":"{{BadNames[r.Next(BadNames.Length)]}}","type":"probe","payload":"{{n}}"}"""),
        Bad("hostile type", (r, n) => $$"""{"id":"{{n}}","type":"{{BadNames[r.Next(BadNames.Length)]}}"}"""),
        Bad("id of another type", (r, n) => $$"""{"id":{{Json(r)}},"type":"probe","payload":"{{n}}"}"""),
        Bad("type of another type", (r, n) => $$"""{"id":"{{n}}","type":{{Json(r)}}}"""),
        Bad("count of another type", (r, n) => With(n, $"\"{(r.Next(2) == 0 ? "retryCount" : "maxRetries")}\":{new[] { "\"1\"", "[]", "{}", "true", "1.5", "1e3", "1e999", "-1e-999" }[r.Next(8)]}")),
        Bad("key of another type", (r, n) => With(n, $"\"key\":{Json(r)}")),
        Bad("createdAt is no time", (r, n) => With(n, "\"createdAt\":" + new[] { "\"yesterday\"", "1", "\"9999-12-31T23:59:59-14:00\"", "\"0001-01-01T00:00:00+14:00\"", "\"2026-13-45T99:99:99Z\"", "{}" }[r.Next(6)])),
        Bad("long key", (r, n) => With(n, $"\"key\":\"{new string('k', r.Next(513, 5000))}\"")),
        Bad("id twice", (_, n) => With(n, $"\"id\":\"{n}\"")),
        Bad("another member twice", (r, n) => With(n, string.Join(',', Enumerable.Repeat($"\"{new[] { "type", "key", "unknown" }[r.Next(3)]}\":\"probe\"", 2)))),
        Bad("80,000 unknown members", (_, n) => With(n, string.Join(',', Enumerable.Range(0, 80_000).Select(i => $"\"{i:x5}\":0"))), weight: 1),
        Bad("one unknown member too many", (_, n) => With(n, string.Join(',', Enumerable.Range(0, TaskMessageCodec.MaxUnknownMembers + 1).Select(i => $"\"m{i}\":[]")))),
        Bad("nested just too deep", (r, n) => With(n, $"\"deep\":{Nested(r.Next(64, 70))}")),
        Bad("nested far too deep", (r, n) => With(n, $"\"payload\":{Nested(r.Next(1_000, 100_000))}"), weight: 2),
        Bytes("compressed", (r, n) => Compressed(n, r)),
        ("just too large", 1, DeadReason.TooLarge, (r, n) => Sized(n, 1024 * 1024 + r.Next(1, 1000))),
        ("no handler", 10, DeadReason.NoHandler, (r, n) => Ascii($$"""{"id":"{{n}}","type":"{{new string('t', r.Next(1, 129))}}"}""")),
        ("count beyond all bounds", 10, DeadReason.Exhausted, (r, n) => Ascii(With(n, "\"retryCount\":" + new[] { "9223372036854775807", "9223372036854775808", "6", "1" + new string('0', 400) }[r.Next(4)]))),
        ("no retries left", 10, DeadReason.Exhausted, (r, n) => Ascii(With(n, $"\"maxRetries\":-{r.Next(1, 9)},\"retryCount\":1"))),
        ("payload of another shape", 10, DeadReason.Permanent, (r, n) => Ascii($"{{\"id\":\"{n}\",\"type\":\"probe\",\"payload\":{Payloads[r.Next(Payloads.Length)]}}}")),
    ];

    public static string Text(string id) => $$$"""{"id":"{{{id}}}","type":"probe","payload":{"delayMs":0}}""";

    public static byte[] Valid(string id) => Ascii(Text(id));

    /// <summary>A task with one more member.</summary>
    public static string With(string id, string member) => Text(id)[..^1] + "," + member + "}";

    /// <summary>A task of exactly this many bytes.</summary>
    public static byte[] Sized(string id, int bytes)
    {
        var text = With(id, "\"padding\":\"\"");
        return Ascii(text.Insert(text.Length - 2, new string('p', bytes - text.Length)));
    }

    private static (string, int, DeadReason, Func<Random, string, byte[]>) Bad(string name, Func<Random, string, string> body, int weight = 10) =>
        (name, weight, DeadReason.Malformed, (random, nonce) => Encoding.UTF8.GetBytes(body(random, nonce)));

    private static (string, int, DeadReason, Func<Random, string, byte[]>) Bytes(string name, Func<Random, string, byte[]> body) => (name, 10, DeadReason.Malformed, body);

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    private static byte[] Noise(Random random, int most)
    {
        var bytes = new byte[random.Next(1, most)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string Json(Random random) => new[] { "1", "1.5", "true", "[]", "{}", "[\"probe\"]" }[random.Next(6)];

    private static string Nested(int levels) => new string('[', levels) + new string(']', levels);

    private static byte[] Spoilt(string nonce, string before, Random random)
    {
        var text = $$"""{"type":"probe","id":"{{nonce}}","payload":"{{nonce}}"}""";
        var at = text.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return [.. Ascii(text[..at]), (byte)random.Next(0xF8, 0x100), .. Ascii(text[at..])];
    }

    private static byte[] Compressed(string nonce, Random random)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest))
        {
            // Small on the wire, 10 MiB when somebody unpacks it.
            gzip.Write(Valid(nonce));
            gzip.Write(new byte[random.Next(1, 10) * 1024 * 1024]);
        }
        return bytes.ToArray();
    }
}
