using Consumers.Host.Live;

namespace Consumers.Tests.Host.Dashboard;

public sealed class LiveHubTests
{
    private readonly LiveHub _hub = new("run", most: 2);

    [Fact]
    public void Who_comes_hears_the_newest_snapshot_and_then_what_happens()
    {
        _hub.Snapshot("1");
        _hub.Snapshot("2");
        _hub.Notice("old news");
        using var listener = _hub.Listen(null)!;
        _hub.Notice("news");

        Read(listener).ShouldBe(["id: run-2\nevent: snapshot\ndata: 2\n\n", "id: run-4\nevent: notice\ndata: news\n\n"]);
    }

    [Fact]
    public void Who_comes_back_hears_the_notices_that_it_missed_and_no_snapshot_that_is_superseded()
    {
        _hub.Snapshot("1");
        _hub.Notice("heard");
        _hub.Notice("missed");
        _hub.Snapshot("2");
        _hub.Snapshot("3");

        using var listener = _hub.Listen("run-2")!;

        Data(listener).ShouldBe(["missed", "3"]);
    }

    [Theory]
    [InlineData("earlier-2")]
    [InlineData("run-1")]
    [InlineData("run-99999999")]
    [InlineData("run--1")]
    [InlineData("run-")]
    [InlineData("\r\nevent: evil")]
    public void Where_a_gap_cannot_be_filled_the_whole_picture_makes_up_for_it(string last)
    {
        for (var i = 0; i <= LiveHub.NoticesKept + 5; i++)
        {
            _hub.Notice("old news");
        }
        _hub.Snapshot("now");

        using var listener = _hub.Listen(last)!;

        Data(listener).ShouldBe(["now"]);
    }

    [Fact]
    public void Who_does_not_read_is_dropped_and_nobody_waits_for_it()
    {
        using var slow = _hub.Listen(null)!;
        using var quick = _hub.Listen(null)!;
        for (var i = 0; i < 10 * LiveListener.MostWaiting; i++)
        {
            _hub.Snapshot("s");
            Read(quick).Count.ShouldBe(1);
        }

        slow.Dropped.IsCancellationRequested.ShouldBeTrue();
        quick.Dropped.IsCancellationRequested.ShouldBeFalse();
        Read(slow).Count.ShouldBe(LiveListener.MostWaiting, "what it may hold is bounded");
        _hub.Listeners.ShouldBe(1);
    }

    [Fact]
    public void There_are_no_more_streams_than_there_may_be_and_one_that_ends_makes_room()
    {
        using var first = _hub.Listen(null);
        var second = _hub.Listen(null)!;
        _hub.Listen(null).ShouldBeNull();
        second.Dispose();

        using var third = _hub.Listen(null);

        third.ShouldNotBeNull();
    }

    [Fact]
    public async Task When_the_host_stops_every_stream_ends_and_none_begins()
    {
        using var listener = _hub.Listen(null)!;
        _hub.Close();

        await listener.Events.Completion.WaitAsync(TimeSpan.FromSeconds(30));
        _hub.Listen(null).ShouldBeNull();
    }

    private static List<string> Read(LiveListener listener)
    {
        var texts = new List<string>();
        while (listener.Events.TryRead(out var text))
        {
            texts.Add(text);
        }
        return texts;
    }

    private static IEnumerable<string> Data(LiveListener listener) => Read(listener).Select(text => text.Split('\n')[2]["data: ".Length..]);
}
