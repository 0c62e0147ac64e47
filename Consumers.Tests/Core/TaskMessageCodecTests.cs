using System.Text;
using Consumers.Core;

namespace Consumers.Tests.Core;

public sealed class TaskMessageCodecTests
{
    private static TaskMessage? Decode(string body, out string? error, string? fallbackId = null)
    {
        var message = TaskMessageCodec.Decode(Encoding.UTF8.GetBytes(body), fallbackId, 5, out var malformed);
        error = malformed?.Reason;
        (message is null).ShouldBe(malformed is not null);
        return message;
    }

    [Fact]
    public void A_whole_message_is_read()
    {
        var message = Decode("""{"id":"a-1","type":"email","payload":{"to":"x","n":1.50},"retryCount":2,"maxRetries":7,"key":"customer-42","createdAt":"2026-11-20T12:00:00Z"}""", out _).ShouldNotBeNull();

        message.Id.ShouldBe("a-1");
        message.Type.ShouldBe("email");
        Encoding.UTF8.GetString(message.Payload.Span).ShouldBe("""{"to":"x","n":1.50}""");
        message.RetryCount.ShouldBe(2);
        message.MaxRetries.ShouldBe(7);
        message.Key.ShouldBe("customer-42");
        message.CreatedAt.ShouldBe(new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero));
        message.Unknown.ShouldBeNull();
    }

    [Fact]
    public void What_is_absent_has_its_default()
    {
        var message = Decode("""{"type":"email"}""", out _, "from-outside").ShouldNotBeNull();

        message.Id.ShouldBe("from-outside");
        Encoding.UTF8.GetString(message.Payload.Span).ShouldBe("null");
        message.RetryCount.ShouldBe(0);
        message.MaxRetries.ShouldBe(5);
        message.CreatedAt.ShouldBeNull();
    }

    [Theory]
    [InlineData("-1", 0)]
    [InlineData("101", 100)]
    [InlineData("9223372036854775807", 100)]
    [InlineData("99999999999999999999999999", 100)]
    [InlineData("-99999999999999999999999999", 0)]
    public void Counts_out_of_range_are_clamped(string count, int expected)
    {
        var message = Decode($$"""{"id":"a","type":"t","retryCount":{{count}},"maxRetries":{{count}}}""", out _).ShouldNotBeNull();

        message.RetryCount.ShouldBe(expected);
        message.MaxRetries.ShouldBe(expected);
    }

    [Fact]
    public void A_thousand_members_that_are_not_ours_are_kept_and_one_more_is_refused()
    {
        Decode(WithUnknown(1000), out _).ShouldNotBeNull().Unknown.ShouldNotBeNull().Count.ShouldBe(1000);

        Decode(WithUnknown(1001), out var malformed).ShouldBeNull();
        malformed.ShouldNotBeNull().ShouldContain("more than 1000 members that a task does not have");

        static string WithUnknown(int count) => $$"""{"id":"a","type":"t",{{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"m{i}\":{i}"))}}}""";
    }

    [Theory]
    [InlineData("null", "null")]
    [InlineData("[]", "$")]
    [InlineData("42", "$")]
    [InlineData("\"text\"", "$")]
    [InlineData("", "$")]
    [InlineData("   ", "$")]
    [InlineData("{", "$")]
    [InlineData("""{"id":"a","type":"t"} trailing""", "$")]
    [InlineData("""{"id":"a","type":"t",}""", "$")]
    [InlineData("""{"id":"a",/*c*/"type":"t"}""", "$")]
    [InlineData("""{"id":"a","type":"t","id":"b"}""", "twice")]
    [InlineData("""{"id":"a","type":"t","payload":1,"payload":2}""", "twice")]
    [InlineData("""{"id":7,"type":"t"}""", "$.id")]
    [InlineData("""{"id":"a","type":["t"]}""", "$.type")]
    [InlineData("""{"id":"a"}""", "$.type is missing")]
    [InlineData("""{"type":"t"}""", "$.id is missing")]
    [InlineData("""{"id":null,"type":"t"}""", "$.id is missing")]
    [InlineData("""{"id":"","type":"t"}""", "$.id must be")]
    [InlineData("""{"id":"a b","type":"t"}""", "$.id must be")]
    [InlineData("""{"id":"a","type":"<script>"}""", "$.type must be")]
    [InlineData("""{"id":"a\u0000","type":"t"}""", "$.id must be")]
    [InlineData("""{"id":"\ud800","type":"t"}""", "")]
    [InlineData("""{"\ud800":1,"id":"a","type":"t"}""", "")]
    [InlineData("""{"id":"a","type":"t","retryCount":"0"}""", "$.retryCount")]
    [InlineData("""{"id":"a","type":"t","retryCount":1.5}""", "$.retryCount")]
    [InlineData("""{"id":"a","type":"t","retryCount":1e3}""", "$.retryCount")]
    [InlineData("""{"id":"a","type":"t","maxRetries":true}""", "$.maxRetries")]
    [InlineData("""{"id":"a","type":"t","maxRetries":NaN}""", "$")]
    [InlineData("""{"id":"a","type":"t","key":5}""", "$.key")]
    [InlineData("""{"id":"a","type":"t","createdAt":"tomorrow"}""", "$.createdAt")]
    [InlineData("""{"id":"a","type":"t","createdAt":"9999-12-31T23:59:59-14:00"}""", "$.createdAt")]
    public void What_is_not_a_task_is_malformed_and_says_where(string body, string expected)
    {
        Decode(body, out var error).ShouldBeNull();

        error.ShouldNotBeNull().ShouldContain(expected);
        error!.Length.ShouldBeLessThanOrEqualTo(TaskHeaders.MaxErrorLength);
        error.ShouldNotContain("Consumers.Core", Case.Sensitive, "a sender knows nothing of our types");
    }

    [Fact]
    public void A_byte_order_mark_and_bytes_that_are_no_utf8_are_malformed()
    {
        TaskMessageCodec.Decode(new byte[] { 0xEF, 0xBB, 0xBF }.Concat("""{"id":"a","type":"t"}"""u8.ToArray()).ToArray(), null, 5, out var bom).ShouldBeNull();
        bom.ShouldNotBeNull();
        var payload = "{\"id\":\"a\",\"type\":\"t\",\"payload\":\"?\"}"u8.ToArray();
        payload[Array.IndexOf(payload, (byte)'?')] = 0xFF;
        TaskMessageCodec.Decode(payload, null, 5, out var bytes).ShouldBeNull();
        bytes.ShouldNotBeNull().Reason.ShouldContain("UTF-8");
    }

    [Fact]
    public void Nesting_is_bounded_at_any_depth()
    {
        string Nested(int depth) => $$"""{"id":"a","type":"t","payload":{{new string('[', depth)}}{{new string(']', depth)}}}""";

        Decode(Nested(63), out _).ShouldNotBeNull();
        Decode(Nested(64), out _).ShouldBeNull();
        Decode(Nested(1_000_000), out _).ShouldBeNull();
        Decode("{\"id\":\"a\",\"type\":\"t\",\"payload\":" + new string('[', 1_000_000), out _).ShouldBeNull();
    }

    [Fact]
    public void The_payload_may_hold_what_the_envelope_may_not()
    {
        var message = Decode("""{"id":"a","type":"t","payload":{"x":1,"x":2,"s":"\ud800"}}""", out _).ShouldNotBeNull();

        Encoding.UTF8.GetString(message.Payload.Span).ShouldBe("""{"x":1,"x":2,"s":"\ud800"}""");
    }

    [Fact]
    public void Unknown_members_and_numbers_come_back_as_they_were()
    {
        var message = Decode("""{"id":"a","type":"t","payload":1.0000000000000000001,"tenant":{"a":[1,2.50]},"z":null}""", out _).ShouldNotBeNull();

        var text = Encoding.UTF8.GetString(TaskMessageCodec.Encode(message with { RetryCount = 3 }));

        text.ShouldBe("""{"id":"a","type":"t","payload":1.0000000000000000001,"retryCount":3,"maxRetries":5,"tenant":{"a":[1,2.50]},"z":null}""");
    }

    [Fact]
    public void Random_bytes_and_cut_messages_never_throw()
    {
        var random = new Random(20261121);
        var whole = """{"id":"a","type":"t","payload":{"k":[1,"two",null]},"retryCount":1,"maxRetries":2,"key":"k","createdAt":"2026-11-20T12:00:00Z","more":true}"""u8.ToArray();
        for (var i = 0; i < 20_000; i++)
        {
            var body = whole[..random.Next(whole.Length + 1)];
            for (var n = random.Next(4); n > 0 && body.Length > 0; n--)
            {
                body[random.Next(body.Length)] = (byte)random.Next(256);
            }
            var message = TaskMessageCodec.Decode(body, "fallback", 5, out var malformed);
            (message is null).ShouldBe(malformed is not null);
            if (message is not null)
            {
                TaskMessageCodec.Decode(TaskMessageCodec.Encode(message), null, 5, out _).ShouldNotBeNull("what was read can be written and read again");
            }
        }
    }

    [Fact]
    public void An_ordinary_body_is_read_without_the_serializer()
    {
        var body = """ {"id":"a-1","type":"email","payload":{"to":"x","n":[1.50]},"retryCount":2,"maxRetries":7,"key":"k","createdAt":"2026-11-20T12:00:00Z"} """u8.ToArray();

        OrdinaryTask.TryRead(body, null, 5).ShouldNotBeNull();
        OrdinaryTask.TryRead("""{"type":"t"}"""u8.ToArray(), "from-outside", 5).ShouldNotBeNull().Id.ShouldBe("from-outside");
    }

    [Fact]
    public void What_is_read_without_the_serializer_is_what_the_serializer_reads()
    {
        string[] pieces = ["{", "}", "[", "]", ",", ":", " ", "null", "true", "1", "-0", "101", "1.0", "1e1", "9223372036854775808", "\"id\"", "\"type\"", "\"payload\"", "\"key\"", "\"retryCount\"", "\"createdAt\"", "\"ID\"",
            "\"i\\u0064\"", "\"\"", "\"a b\"", "\"\\ud800\"", "\"2026-11-20\"", "\"2026-11-20T12:00:00.123+01:00\"", "/*c*/", "\uFEFF"];
        var random = new Random(20261201);
        var whole = """{"id":"a","type":"t","payload":{"k":[1,"two",null]},"retryCount":1,"maxRetries":2,"key":"k","createdAt":"2026-11-20T12:00:00Z"}""";
        var tokens = System.Text.RegularExpressions.Regex.Matches(whole, "\"[^\"]*\"|[{}:,\\[\\]]|[a-z0-9]+").Select(token => token.Value).ToArray();
        var ordinary = 0;
        for (var i = 0; i < 50_000; i++)
        {
            var text = new List<string>(tokens);
            for (var n = random.Next(4); n > 0; n--)
            {
                var at = random.Next(text.Count);
                switch (random.Next(4))
                {
                    case 0:
                        text[at] = pieces[random.Next(pieces.Length)];
                        break;
                    case 1:
                        text.Insert(at, pieces[random.Next(pieces.Length)]);
                        break;
                    case 2:
                        text.RemoveAt(at);
                        break;
                    default:
                        text.InsertRange(at, text.GetRange(at, Math.Min(4, text.Count - at)));
                        break;
                }
            }
            var body = Encoding.UTF8.GetBytes(string.Concat(text));
            if (OrdinaryTask.TryRead(body, "fallback", 5) is not { } read)
            {
                continue;
            }
            ordinary++;
            var slowly = TaskMessageCodec.DecodeAny(body, "fallback", 5, out var malformed).ShouldNotBeNull($"{string.Concat(text)}: {malformed?.Reason}");
            (read with { Payload = default }).ShouldBe(slowly with { Payload = default });
            read.Payload.Span.SequenceEqual(slowly.Payload.Span).ShouldBeTrue(string.Concat(text));
        }
        ordinary.ShouldBeGreaterThan(10_000);
    }
}
