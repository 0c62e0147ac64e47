using System.Text;
using Confluent.Kafka;
using Consumers.Core;

namespace Consumers.Tests.Hostile;

/// <summary>Record keys and headers that must change nothing of a task.</summary>
internal static class KafkaEnvelopes
{
    private static readonly string[] OurNames =
    [
        TaskHeaders.Attempt, TaskHeaders.Series, TaskHeaders.DueAt, TaskHeaders.WaitMs, TaskHeaders.FirstFailureAt, TaskHeaders.LastError, TaskHeaders.ConsumerId, TaskHeaders.Origin,
        TaskHeaders.DeadReason, TaskHeaders.TraceParent, TaskHeaders.TraceState,
    ];

    public static readonly (string Class, int Weight, Func<Random, byte[]?> Key)[] Keys =
    [
        ("key absent", 10, _ => null),
        ("key empty", 10, _ => []),
        ("key of any bytes", 20, r => Noise(r, 200)),
        ("key no utf-8", 10, r => [0xC0, 0x80, (byte)r.Next(256)]),
        ("key of 100 KiB", 3, r => Noise(r, 100 * 1024, 100 * 1024)),
        ("key one character too long", 10, _ => Ascii(new string('k', TaskMessageCodec.MaxKeyLength + 1))),
        ("key with control characters", 10, _ => Ascii("a\0b\r\nX-Evil: 1\u001b[2J")),
        ("key of markup", 10, _ => Ascii("<script>alert(1)</script>'; DROP TABLE Tasks;--")),
        ("key that turns text around", 10, _ => Encoding.UTF8.GetBytes("\u202egpj.exe\u0000\uFEFF")),
    ];

    public static readonly (string Class, int Weight, Action<Headers, Random> Write)[] Headers =
    [
        ("10,000 headers", 3, (h, _) => Repeat(10_000, i => h.Add($"h{i}", null))),
        ("one header of 120 KiB", 3, (h, r) => h.Add(r.Next(2) == 0 ? "big" : TaskHeaders.LastError, new byte[120 * 1024])),
        ("any bytes under every name of ours", 20, (h, r) => Array.ForEach(OurNames, name => h.Add(name, Noise(r, 100)))),
        ("nothing under every name of ours", 10, (h, r) => Array.ForEach(OurNames, name => h.Add(name, r.Next(2) == 0 ? null : []))),
        ("header no utf-8", 10, (h, r) => h.Add(OurNames[r.Next(OurNames.Length)], [0xC0, 0xFF])),
        ("header names empty, long and with control characters", 10, (h, _) => Array.ForEach(["", new string('n', 5000), "a\r\nb"], name => h.Add(name, null))),
        ("one header name many times", 10, (h, r) => Repeat(50, i => h.Add(OurNames[r.Next(OurNames.Length)], Ascii($"{i}")))),
        ("forged dead letter", 10, (h, _) => Texts(h, (TaskHeaders.DeadReason, "crashed"), (TaskHeaders.LastError, "no\r\nerror"), (TaskHeaders.ConsumerId, "<b>"), (TaskHeaders.Origin, new string('o', 5000)))),
        ("due in the year 0001 or 9999", 10, (h, r) => Texts(h, (TaskHeaders.DueAt, new[] { "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "NaN" }[r.Next(5)]))),
        ("forged wait", 10, (h, r) => Texts(h, (TaskHeaders.DueAt, "9999-12-31T23:59:59Z"), (TaskHeaders.WaitMs, new[] { "-1", "99999999999999999999", "0", "1e9" }[r.Next(4)]))),
        ("forged series and attempt", 10, (h, r) => Texts(h, (TaskHeaders.Series, new[] { "-1", "0", "99999999999999999999", "1e9" }[r.Next(4)]), (TaskHeaders.Attempt, new[] { "-1", "2147483648", "NaN" }[r.Next(3)]))),
        ("broken trace", 10, (h, r) => Texts(h, (TaskHeaders.TraceParent, new[] { "", "00-0-0-0", "ff-ffffffffffffffffffffffffffffffff-ffffffffffffffff-ff", new string('0', 50_000) }[r.Next(4)]), (TaskHeaders.TraceState, new string(',', 1000)))),
        ("odd content type", 10, (h, r) => h.Add("content-type", Noise(r, 255))),
    ];

    /// <summary>A key and headers of any of the classes.</summary>
    public static Message<byte[]?, byte[]?> Wrap(Random random, byte[]? body)
    {
        var message = Plain(body);
        message.Key = Keys[random.Next(Keys.Length)].Key(random);
        Headers[random.Next(Headers.Length)].Write(message.Headers, random);
        return message;
    }

    public static Message<byte[]?, byte[]?> Plain(byte[]? body) => new() { Value = body, Headers = [] };

    private static void Texts(Headers headers, params ReadOnlySpan<(string Name, string Value)> texts)
    {
        foreach (var (name, value) in texts)
        {
            headers.Add(name, Encoding.UTF8.GetBytes(value));
        }
    }

    private static void Repeat(int times, Action<int> action)
    {
        for (var i = 0; i < times; i++)
        {
            action(i);
        }
    }

    private static byte[] Noise(Random random, int most, int least = 1)
    {
        var bytes = new byte[random.Next(least, most + 1)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);
}
