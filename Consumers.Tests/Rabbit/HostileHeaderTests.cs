using System.Text;
using Consumers.Core;
using Consumers.Rabbit;
using RabbitMQ.Client;

namespace Consumers.Tests.Rabbit;

public sealed class HostileHeaderTests
{
    private static readonly TraceParent Trace = new(new Random(1));

    public static TheoryData<object?, string?> Values => new()
    {
        { "text"u8.ToArray(), "text" },
        { "text", "text" },
        { 42, "42" },
        { -1L, "-1" },
        { 1.5, "1.5" },
        { true, "true" },
        { new AmqpTimestamp(0), "1970-01-01T00:00:00.000Z" },
        { new AmqpTimestamp(long.MaxValue), null },
        { new byte[] { 0xff, 0xfe }, null },
        { new List<object?> { 1, 2 }, null },
        { new Dictionary<string, object?> { ["a"] = 1 }, null },
        { new BinaryTableValue([1, 2]), null },
        { new object(), null },
        { null, null },
    };

    [Theory]
    [MemberData(nameof(Values), DisableDiscoveryEnumeration = true)]
    public void A_header_of_any_type_is_text_or_null(object? value, string? text) =>
        IncomingHeaders.Text(new BasicProperties { Headers = new Dictionary<string, object?> { ["x"] = value } }, "x").ShouldBe(text);

    [Fact]
    public void A_long_header_is_cut_between_characters()
    {
        var bytes = Encoding.UTF8.GetBytes("a" + new string('€', 5000));
        var text = IncomingHeaders.Text(new BasicProperties { Headers = new Dictionary<string, object?> { ["x"] = bytes } }, "x");
        text.ShouldNotBeNull();
        Encoding.UTF8.GetByteCount(text).ShouldBeInRange(4093, 4096);
        text.ShouldEndWith("€");
    }

    [Fact]
    public void Ten_thousand_headers_travel_on_as_a_few_dozen_with_ours_and_the_trace_among_them()
    {
        var headers = Enumerable.Range(0, 10_000).ToDictionary(i => $"h{i}", object? (i) => i);
        headers[TaskHeaders.TraceParent] = "kept";
        var onward = OnwardProperties.From(new BasicProperties { Headers = headers }, "id", [new(TaskHeaders.DeadReason, "permanent")], Trace);
        onward.Headers!.Count.ShouldBe(OnwardProperties.MaxHeaders - 2);
        onward.Headers[TaskHeaders.DeadReason].ShouldBe("permanent");
        onward.Headers[TaskHeaders.TraceParent].ShouldBe("kept");
    }

    [Fact]
    public void What_is_too_large_too_deep_or_cannot_be_written_stays_behind()
    {
        object? deep = 1;
        for (var i = 0; i < 1000; i++)
        {
            deep = new List<object?> { deep };
        }
        var onward = OnwardProperties.From(
            new BasicProperties
            {
                Headers = new Dictionary<string, object?>
                {
                    ["large"] = new byte[100_000],
                    ["deep"] = deep,
                    ["odd"] = new object(),
                    [new string('\uFFFD', 200)] = 1,
                    ["table"] = new Dictionary<string, object?> { ["a"] = new List<object?> { 1, "b" } },
                    ["x-death"] = new List<object?>(),
                    ["x-delivery-count"] = 3L,
                    ["x-first-death-queue"] = "q",
                },
                CorrelationId = new string('\uFFFD', 200),
                UserId = "somebody",
                Expiration = "1",
            },
            new string('\uFFFD', 200),
            [],
            Trace);
        onward.Headers!.Keys.Order().ShouldBe(["table", TaskHeaders.TraceParent]);
        onward.CorrelationId.ShouldBeNull();
        onward.MessageId.ShouldBeNull();
        onward.UserId.ShouldBeNull();
        onward.Expiration.ShouldBeNull();
    }

    [Fact]
    public async Task Hostile_headers_are_dead_lettered_with_the_message_and_stop_nobody()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var module = await rabbit.ReadyModuleAsync();
        await rabbit.PublishRawAsync("not a task"u8.ToArray(), new BasicProperties
        {
            Headers = Enumerable.Range(0, 4000).ToDictionary(i => $"h{i}", object? (i) => (i % 4) switch
            {
                0 => i,
                1 => new byte[] { 0xff },
                2 => new List<object?> { new Dictionary<string, object?> { ["n"] = 1.5m } },
                _ => null,
            }),
        });
        using var source = rabbit.Source(module, async delivery =>
        {
            delivery.Header("h1").ShouldBeNull();
            await delivery.SettleAsync(new Settlement.DeadLetter(DeadReason.Malformed, "x"), new OnwardMessage(delivery.Body, null, null, [new(TaskHeaders.DeadReason, "malformed")], null), CancellationToken.None);
        });
        await source.StartAsync(CancellationToken.None);
        var dead = await rabbit.GetAsync(rabbit.Options.DeadLetterQueue);
        Encoding.UTF8.GetString(dead.Body.Span).ShouldBe("not a task");
        dead.BasicProperties.Headers!.Count.ShouldBeLessThanOrEqualTo(OnwardProperties.MaxHeaders);
        await source.StopAsync(CancellationToken.None);
        await rabbit.UntilEmptyAsync(rabbit.Options.WorkQueue);
    }

    [Fact]
    public async Task A_body_beyond_the_clients_own_limit_does_not_stop_the_consumer()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var module = await rabbit.ReadyModuleAsync();
        await rabbit.PublishRawAsync(new byte[70 * 1024 * 1024]);
        await rabbit.PublishRawAsync("{}"u8.ToArray());
        var sizes = new List<int>();
        using var source = rabbit.Source(module, async delivery =>
        {
            lock (sizes)
            {
                sizes.Add(delivery.Body.Length);
            }
            await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None);
        });
        await source.StartAsync(CancellationToken.None);
        await Fixtures.Eventually.TrueAsync(() => sizes.Count == 2, "both are delivered");
        sizes.ShouldBe([70 * 1024 * 1024, 2], ignoreOrder: true);
        await source.StopAsync(CancellationToken.None);
    }
}
