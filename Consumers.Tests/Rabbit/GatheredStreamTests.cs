using System.Net;
using System.Net.Sockets;
using Consumers.Rabbit;

namespace Consumers.Tests.Rabbit;

public sealed class GatheredStreamTests : IAsyncLifetime
{
    private readonly Socket _near = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private Socket _far = null!;
    private GatheredStream _stream = null!;

    public async ValueTask InitializeAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepting = listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        await _near.ConnectAsync(listener.LocalEndpoint, TestContext.Current.CancellationToken);
        _far = await accepting;
        _stream = new GatheredStream(_near, TimeProvider.System);
    }

    public ValueTask DisposeAsync()
    {
        _near.Dispose();
        _far.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Frames_of_any_size_arrive_whole_and_in_order()
    {
        var random = new Random(20261201);
        var sent = new MemoryStream();
        var reading = ReadToEndAsync();
        for (var i = 0; i < 3000; i++)
        {
            var frame = new byte[i % 100 == 0 ? random.Next(3 * GatheredStream.Room) : random.Next(2000)];
            random.NextBytes(frame);
            sent.Write(frame);
            await _stream.WriteAsync(frame, TestContext.Current.CancellationToken);
            // Whoever writes may use its memory again.
            frame.AsSpan().Clear();
        }
        await CloseAsync();

        (await reading).AsSpan().SequenceEqual(sent.ToArray()).ShouldBeTrue();
    }

    [Fact]
    public async Task What_is_written_last_is_sent_before_it_is_closed()
    {
        for (var i = 0; i < 200; i++)
        {
            await _stream.WriteAsync(new byte[300], TestContext.Current.CancellationToken);
        }
        await CloseAsync();

        (await ReadToEndAsync()).Length.ShouldBe(200 * 300);
    }

    [Fact]
    public async Task Who_writes_more_than_the_other_side_takes_waits()
    {
        var written = 0L;
        var frame = new byte[32 * 1024];
        Task waiting;
        do
        {
            written += frame.Length;
            waiting = _stream.WriteAsync(frame, TestContext.Current.CancellationToken).AsTask();
            await Task.WhenAny(waiting, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken));
            written.ShouldBeLessThan(256L * 1024 * 1024, "it is bounded by the socket's buffers and the stream's own");
        }
        while (waiting.IsCompleted);

        var reading = ReadToEndAsync();
        await waiting;
        await CloseAsync();
        (await reading).LongLength.ShouldBe(written);
    }

    [Fact]
    public async Task When_the_other_side_is_gone_writing_says_so_and_reading_ends()
    {
        _far.LingerState = new LingerOption(true, 0);
        _far.Dispose();

        await Should.ThrowAsync<IOException>(async () =>
        {
            while (true)
            {
                await _stream.WriteAsync(new byte[1000], TestContext.Current.CancellationToken);
                await Task.Yield();
            }
        });
        await Should.ThrowAsync<Exception>(async () => await _stream.ReadExactlyAsync(new byte[1], TestContext.Current.CancellationToken));
    }

    private async Task CloseAsync()
    {
        await _stream.DisposeAsync();
        _near.Dispose();
    }

    private async Task<byte[]> ReadToEndAsync()
    {
        await using var stream = new NetworkStream(_far);
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, TestContext.Current.CancellationToken);
        return all.ToArray();
    }
}
