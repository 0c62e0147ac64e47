using System.Text;
using Consumers.Core;

namespace Consumers.Tests.Hostile;

/// <summary>Good tasks in hostile wrappings: headers and properties that must change nothing, and bodies that are strange but right.</summary>
internal static class HostileEnvelopes
{
    private const string Types = "tbBsuIilfdDTVSxFA";

    private static readonly string[] OurNames =
    [
        TaskHeaders.Attempt, TaskHeaders.Series, TaskHeaders.DueAt, TaskHeaders.FirstFailureAt, TaskHeaders.LastError, TaskHeaders.ConsumerId, TaskHeaders.Origin,
        TaskHeaders.DeadReason, TaskHeaders.TraceParent, TaskHeaders.TraceState, "x-delivery-count", "x-death",
    ];

    public static readonly (string Class, int Weight, Func<Random, RawProperties> Properties)[] All =
    [
        ("10,000 headers", 3, _ => Headers(h => Repeat(10_000, i => h.Fixed($"h{i}", 'V')))),
        ("one header of 120 KiB", 3, r => Headers(h => h.Bytes(r.Next(2) == 0 ? "big" : TaskHeaders.LastError, 'S', new byte[120 * 1024]))),
        ("header nested 26,000 deep", 3, _ => Headers(h => h.Name("deep").Raw(AmqpFields.NestedArrays(26_000)))),
        ("nested tables", 10, r => Headers(h => h.Bytes("table", 'F', Table(r, 6)))),
        ("every AMQP type under every name of ours", 20, r => Headers(h => Array.ForEach(OurNames, name => h.Name(name).Raw(Any(r))))),
        ("invalid utf-8 in headers", 10, r => Headers(h => h.Name([0xFF, 0xFE, (byte)r.Next(256)]).Raw([(byte)'V']).Bytes(OurNames[r.Next(10)], 'S', [0xC0, 0xFF]))),
        ("names empty, long and with control characters", 10, _ => Headers(h => h.Fixed("", 'V').Fixed(new string('n', 255), 'V').Fixed("a\0b\r\n", 'V'))),
        ("one name many times", 10, r => Headers(h => Repeat(50, i => h.Text(OurNames[r.Next(OurNames.Length - 1)], $"{i}")))),
        ("forged deaths", 10, r => Headers(h => h.Bytes("x-death", 'A', [.. Any(r)]).Text("x-first-death-queue", "elsewhere").Text("x-first-death-reason", "expired").Text("x-last-death-exchange", ""))),
        ("forged delivery count", 10, r => Headers(h => h.Long("x-delivery-count", new long[] { 9, 10, 19, 20, 1_000_000, long.MaxValue, long.MinValue }[r.Next(7)]))),
        ("forged dead letter", 10, _ => Headers(h => h.Text(TaskHeaders.DeadReason, "crashed").Text(TaskHeaders.LastError, "no\r\nerror").Text(TaskHeaders.ConsumerId, "<b>").Text(TaskHeaders.Origin, new string('o', 5000)))),
        ("due in the year 0001 or 9999", 10, r => Headers(h => h.Text(TaskHeaders.DueAt, new[] { "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "+275760-09-13", "NaN" }[r.Next(6)]))),
        ("due as a timestamp", 10, r => Headers(h => h.Fixed(TaskHeaders.DueAt, 'T', [.. Enumerable.Repeat((byte)r.Next(256), 8)]))),
        ("forged series and attempt", 10, r => Headers(h => h.Text(TaskHeaders.Series, new[] { "-1", "0", "99999999999999999999", "1e9", "２" }[r.Next(5)]).Text(TaskHeaders.Attempt, new[] { "-1", "2147483648", "NaN" }[r.Next(3)]))),
        ("broken trace", 10, r => Headers(h => h.Text(TaskHeaders.TraceParent, new[] { "", "00-0-0-0", "ff-ffffffffffffffffffffffffffffffff-ffffffffffffffff-ff", new string('0', 50_000), "00-\r\n" }[r.Next(5)]).Text(TaskHeaders.TraceState, new string(',', 1000)))),
        ("carbon copies to nowhere", 10, _ => Headers(h => h.Bytes("CC", 'A', Field('S', "nowhere"u8)).Bytes("BCC", 'A', Field('S', "nowhere-else"u8)))),
        ("odd content type", 10, r => new() { ContentType = r.Next(2) == 0 ? Noise(r, 255) : "application/x-www-form-urlencoded; charset=\"utf-7\""u8.ToArray(), ContentEncoding = Noise(r, 255) }),
        ("far expiration", 10, _ => new() { Expiration = "86400000"u8.ToArray() }),
        ("hostile reply-to and correlation", 10, r => new() { ReplyTo = Noise(r, 255), CorrelationId = Noise(r, 255) }),
        ("hostile message id", 10, r => new() { MessageId = Noise(r, 255) }),
        ("any priority and mode", 10, r => new() { Priority = (byte)r.Next(256), DeliveryMode = (byte)r.Next(1, 3) }),
        ("any timestamp", 10, r => new() { Timestamp = new ulong[] { 0, ulong.MaxValue, long.MaxValue, 253402300800 }[r.Next(4)] }),
        ("hostile type and app id", 10, r => new() { Type = Noise(r, 255), AppId = Noise(r, 255) }),
    ];

    /// <summary>Strange bodies that are tasks all the same.</summary>
    public static readonly (string Class, int Weight, Func<Random, string, string> Body)[] Strange =
    [
        ("as many unknown members as may be", 3, (_, n) => HostileBodies.With(n, string.Join(',', Enumerable.Range(0, TaskMessageCodec.MaxUnknownMembers).Select(i => $"\"m{i}\":[]")))),
        ("names that collide in weak hashes", 3, (_, n) => HostileBodies.With(n, string.Join(',', Enumerable.Range(0, 900).Select(i => $"\"{string.Concat(Enumerable.Range(0, 12).Select(bit => (i >> bit & 1) == 0 ? "Aa" : "BB"))}\":0")))),
        ("negative counts", 10, (r, n) => HostileBodies.With(n, $"\"retryCount\":-{r.Next(1, 9)}{new string('9', r.Next(40))}")),
        ("endless retries", 10, (_, n) => HostileBodies.With(n, "\"maxRetries\":" + new string('9', 60))),
        ("created in the year 0001 or 9999", 10, (r, n) => HostileBodies.With(n, $"\"createdAt\":\"{(r.Next(2) == 0 ? "0001-01-01T00:00:00Z" : "9999-12-31T23:59:59Z")}\"")),
        ("members named like gadgets", 10, (_, n) => HostileBodies.With(n, "\"$type\":\"System.Diagnostics.Process\",\"__proto__\":{\"a\":1},\"Id\":\"other\",\"\":null")),
    ];

    private static RawProperties Headers(Action<AmqpFields> write)
    {
        var headers = new AmqpFields();
        write(headers);
        return new() { Headers = headers };
    }

    private static void Repeat(int times, Action<int> action)
    {
        for (var i = 0; i < times; i++)
        {
            action(i);
        }
    }

    private static byte[] Noise(Random random, int most)
    {
        var bytes = new byte[random.Next(1, most + 1)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Table(Random random, int depth) => new AmqpFields()
        .Name("a").Raw(depth == 0 ? [(byte)'V'] : Any(random))
        .Bytes("b", 'F', depth == 0 ? [] : Table(random, depth - 1))
        .ToArray();

    private static byte[] Field(char type, ReadOnlySpan<byte> value) => [(byte)type, 0, 0, (byte)(value.Length >> 8), (byte)value.Length, .. value];

    /// <summary>A value of any type that brokers and clients know.</summary>
    private static byte[] Any(Random random)
    {
        var type = Types[random.Next(Types.Length)];
        var noise = new byte[8];
        random.NextBytes(noise);
        return type switch
        {
            't' or 'b' or 'B' => [(byte)type, noise[0]],
            's' or 'u' => [(byte)type, .. noise[..2]],
            'I' or 'i' => [(byte)type, .. noise[..4]],
            // Finite: on what is no number the broker itself fails, and closes the publisher's connection.
            'f' => [(byte)type, (byte)(noise[0] & 0xBF), .. noise[1..4]],
            'd' => [(byte)type, (byte)(noise[0] & 0xBF), .. noise[1..]],
            'D' => [(byte)type, (byte)(noise[0] % 29), .. noise[..4]],
            'l' or 'T' => [(byte)type, .. noise],
            'V' => [(byte)type],
            'F' => Field(type, new AmqpFields().Text("x", "y").ToArray()),
            'A' => Field(type, [(byte)'V', (byte)'V']),
            _ => Field(type, Encoding.UTF8.GetBytes($"{random.Next()}")),
        };
    }
}
