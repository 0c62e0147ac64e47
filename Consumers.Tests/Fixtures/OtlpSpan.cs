using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Consumers.Tests.Fixtures;

/// <summary>A span as it came over the wire.</summary>
/// <param name="Kind">2 server, 3 client, 4 producer, 5 consumer; 1 internal.</param>
/// <param name="Status">0 unset, 1 ok, 2 error.</param>
/// <param name="Links">Trace id and span id of each.</param>
internal sealed record OtlpSpan(
    string TraceId, string Id, string Parent, string Name, int Kind, int Status, IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<(string TraceId, string Id)> Links,
    string Scope, string Schema, IReadOnlyDictionary<string, string> Resource)
{
    public string? this[string attribute] => Attributes.GetValueOrDefault(attribute);

    /// <summary>Reads an ExportTraceServiceRequest: opentelemetry/proto/trace/v1/trace.proto.</summary>
    public static IEnumerable<OtlpSpan> Read(byte[] request) =>
        from resourceSpans in Fields(request).Where(field => field.Number == 1)
        let resource = Attributed(Fields(resourceSpans.Bytes).Where(field => field.Number == 1).SelectMany(field => Fields(field.Bytes)), 1)
        from scopeSpans in Fields(resourceSpans.Bytes).Where(field => field.Number == 2)
        let parts = Fields(scopeSpans.Bytes).ToArray()
        let scope = parts.Where(part => part.Number == 1).SelectMany(part => Fields(part.Bytes)).Where(part => part.Number == 1).Select(Text).FirstOrDefault("")
        from span in parts.Where(part => part.Number == 2)
        select Of(Fields(span.Bytes).ToArray(), scope, parts.Where(part => part.Number == 3).Select(Text).FirstOrDefault(""), resource);

    private static OtlpSpan Of(Field[] span, string scope, string schema, IReadOnlyDictionary<string, string> resource) => new(
        Hex(span, 1), Hex(span, 2), Hex(span, 4), Text(span.First(field => field.Number == 5)), (int)span.First(field => field.Number == 6).Value,
        (int)span.Where(field => field.Number == 15).SelectMany(field => Fields(field.Bytes)).Where(field => field.Number == 3).Select(field => field.Value).FirstOrDefault(),
        Attributed(span, 9),
        [.. span.Where(field => field.Number == 13).Select(link => Fields(link.Bytes).ToArray()).Select(link => (Hex(link, 1), Hex(link, 2)))],
        scope, schema, resource);

    private static Dictionary<string, string> Attributed(IEnumerable<Field> fields, int number)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in fields.Where(field => field.Number == number).Select(field => Fields(field.Bytes).ToArray()))
        {
            var value = pair.Where(field => field.Number == 2).SelectMany(field => Fields(field.Bytes)).FirstOrDefault();
            attributes[Text(pair.First(field => field.Number == 1))] = value.Number == 1 ? Text(value) : value.Value.ToString(CultureInfo.InvariantCulture);
        }
        return attributes;
    }

    private static string Text(Field field) => Encoding.UTF8.GetString(field.Bytes);

    private static string Hex(IEnumerable<Field> fields, int number) => Convert.ToHexStringLower(fields.FirstOrDefault(field => field.Number == number).Bytes ?? []);

    private static List<Field> Fields(byte[] message)
    {
        var fields = new List<Field>();
        var at = 0;
        while (at < message.Length)
        {
            var key = Varint(message, ref at);
            var number = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    fields.Add(new(number, Varint(message, ref at), []));
                    break;
                case 1:
                    fields.Add(new(number, BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at)), []));
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    fields.Add(new(number, 0, message[at..(at + length)]));
                    at += length;
                    break;
                default:
                    fields.Add(new(number, BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at)), []));
                    at += 4;
                    break;
            }
        }
        return fields;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = message[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }

    private readonly record struct Field(int Number, ulong Value, byte[] Bytes);
}
