using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;
using RabbitMQ.Client;

namespace Consumers.Tests.Rabbit;

public sealed class OutstandingConfirmsTests
{
    [Fact]
    public async Task A_multiple_confirm_settles_every_lower_number_and_no_higher_one()
    {
        var confirms = new OutstandingConfirms(8);
        var messages = Enumerable.Range(0, 4).Select(_ => Add(confirms)).ToArray();
        confirms.Settle(3, multiple: true, isConfirmed: true);
        await messages[0].Confirmed;
        await messages[1].Confirmed;
        await messages[2].Confirmed;
        messages[3].IsDone.ShouldBeFalse();
    }

    [Fact]
    public async Task Who_waits_for_the_oldest_of_a_multiple_confirm_finds_the_others_done()
    {
        var confirms = new OutstandingConfirms(64);
        var messages = Enumerable.Range(0, 64).Select(_ => Add(confirms)).ToArray();
        // Goes on in the middle of the oldest one's completion: the moment that matters.
        var oldest = new ContinuationsInPlace().Begin(FirstThenAllAsync);

        confirms.Settle(64, multiple: true, isConfirmed: true);

        (await oldest).ShouldBe(64);

        async Task<int> FirstThenAllAsync()
        {
            await messages[0].Confirmed;
            return messages.Count(message => message.IsDone);
        }
    }

    [Fact]
    public async Task A_nack_is_a_refusal()
    {
        var confirms = new OutstandingConfirms(8);
        var message = Add(confirms);
        confirms.Settle(1, multiple: false, isConfirmed: false);
        (await Should.ThrowAsync<PublishFailedException>(async () => await message.Confirmed)).Failure.ShouldBe(PublishFailure.Refused);
    }

    [Fact]
    public async Task A_returned_message_fails_as_unroutable_and_its_twin_is_confirmed()
    {
        var confirms = new OutstandingConfirms(8);
        var first = Add(confirms, "same");
        var second = Add(confirms, "same");
        confirms.Return("x", "key", "same", "312 NO_ROUTE");
        confirms.Settle(2, multiple: true, isConfirmed: true);
        (await Should.ThrowAsync<PublishFailedException>(async () => await first.Confirmed)).Failure.ShouldBe(PublishFailure.Unroutable);
        await second.Confirmed;
    }

    [Fact]
    public async Task A_returned_message_that_needs_no_queue_is_confirmed_and_says_so_and_no_queue_is_missing()
    {
        var confirms = new OutstandingConfirms(8);
        var told = 0;
        var message = New("same", needsQueue: false);
        message.Returned = () => told++;
        confirms.TryAdd(message).ShouldBeTrue();
        confirms.Return("x", "key", "same", "312 NO_ROUTE");
        confirms.TakeReturned().ShouldBeFalse();
        confirms.Settle(1, multiple: false, isConfirmed: true);
        await message.Confirmed;
        told.ShouldBe(1);
        Add(confirms, "other");
        confirms.Return("x", "key", "other", "312 NO_ROUTE");
        confirms.TakeReturned().ShouldBeTrue();
    }

    [Fact]
    public void No_more_are_open_than_allowed_and_room_is_announced()
    {
        var confirms = new OutstandingConfirms(2);
        Add(confirms);
        Add(confirms);
        confirms.TryAdd(New()).ShouldBeFalse();
        var room = confirms.RoomAsync();
        room.IsCompleted.ShouldBeFalse();
        confirms.Settle(1, multiple: false, isConfirmed: true);
        room.IsCompleted.ShouldBeTrue();
        Add(confirms);
    }

    [Fact]
    public async Task On_an_ended_channel_nothing_is_left_waiting()
    {
        var confirms = new OutstandingConfirms(2);
        var open = Add(confirms);
        confirms.End(() => new PublishFailedException(PublishFailure.Unavailable, "gone"));
        var late = Add(confirms);
        (await Should.ThrowAsync<PublishFailedException>(async () => await open.Confirmed)).Failure.ShouldBe(PublishFailure.Unavailable);
        (await Should.ThrowAsync<PublishFailedException>(async () => await late.Confirmed)).Failure.ShouldBe(PublishFailure.Unavailable);
    }

    [Fact]
    public async Task A_confirm_that_comes_too_late_changes_nothing()
    {
        var confirms = new OutstandingConfirms(4);
        var late = Add(confirms);
        late.SentAt = 5;
        confirms.FailSentBefore(6, () => new PublishFailedException(PublishFailure.Unavailable, "timeout")).ShouldBeTrue();
        confirms.Settle(1, multiple: false, isConfirmed: true);
        await Should.ThrowAsync<PublishFailedException>(async () => await late.Confirmed);
        confirms.Count.ShouldBe(0);
    }

    private static OutgoingMessage Add(OutstandingConfirms confirms, string? id = null)
    {
        var message = New(id);
        confirms.TryAdd(message).ShouldBeTrue();
        return message;
    }

    private static OutgoingMessage New(string? id = null, bool needsQueue = true) =>
        new() { Exchange = "x", RoutingKey = "key", NeedsQueue = needsQueue, Properties = new BasicProperties { MessageId = id }, Body = default };
}
