using System.Net.Sockets;

namespace Consumers.Rabbit;

/// <summary>
/// What the client writes, in fewer sends. The client hands every frame to the socket by itself; with small messages that call is most of what one costs on this side, and it wakes
/// the broker for each. Here frames are gathered while one send is on its way. There is no timer: what comes alone leaves at once. For one writer at a time, which the client is.
/// </summary>
internal sealed class GatheredStream(Socket socket, TimeProvider time) : NetworkStream(socket, ownsSocket: false), IThreadPoolWorkItem
{
    /// <summary>Bytes of frames that may wait for the send before them; a larger frame is sent by itself.</summary>
    public const int Room = 64 * 1024;

    /// <summary>How long closing waits for what is not sent yet.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private byte[] _gathered = new byte[Room];
    private byte[] _leaving = new byte[Room];
    private int _count;
    private bool _isSending;
    private Exception? _failure;
    private TaskCompletionSource? _progress;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        TryGather(buffer.Span) ? ValueTask.CompletedTask : WaitAndWriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(ReadOnlySpan<byte> buffer) => WriteAsync(buffer.ToArray()).AsTask().GetAwaiter().GetResult();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Sends what is gathered; on its way to the pool's thread the client adds what else it has.</summary>
    void IThreadPoolWorkItem.Execute() => _ = SendGatheredAsync();

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await IdleAsync().WaitAsync(CloseTimeout, time);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            // It is being closed, and the other side takes nothing more.
        }
        await base.DisposeAsync();
    }

    /// <summary>False when the frame must wait.</summary>
    private bool TryGather(ReadOnlySpan<byte> frame)
    {
        lock (_lock)
        {
            ThrowIfFailed();
            if (frame.Length > Room - _count)
            {
                return false;
            }
            frame.CopyTo(_gathered.AsSpan(_count));
            _count += frame.Length;
            if (_isSending)
            {
                return true;
            }
            _isSending = true;
        }
        // To this thread's own queue: it comes to it when the client has nothing more to write, unless another thread is idle.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        return true;
    }

    private async ValueTask WaitAndWriteAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        while (frame.Length <= Room)
        {
            await ProgressAsync().WaitAsync(cancellationToken);
            if (TryGather(frame.Span))
            {
                return;
            }
        }
        await IdleAsync().WaitAsync(cancellationToken);
        await SendAsync(frame);
    }

    private async Task SendGatheredAsync()
    {
        try
        {
            while (Take() is { Length: > 0 } bytes)
            {
                await SendAsync(bytes);
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>What is gathered, to be sent now; empty, and the sending at its end, when there is nothing.</summary>
    private ReadOnlyMemory<byte> Take()
    {
        lock (_lock)
        {
            var taken = _gathered.AsMemory(0, _count);
            (_gathered, _leaving, _count) = (_leaving, _gathered, 0);
            _isSending = taken.Length > 0;
            _progress?.SetResult();
            _progress = null;
            return taken;
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await Socket.SendAsync(bytes, SocketFlags.None)..];
        }
    }

    /// <summary>The client waits on its reading side to be told that a connection is gone, so that one is ended as well.</summary>
    private void Fail(Exception failure)
    {
        lock (_lock)
        {
            _failure = failure;
            _isSending = false;
            _progress?.SetResult();
            _progress = null;
        }
        Socket.Dispose();
    }

    /// <summary>Completes when something that was gathered leaves, or the sending ends.</summary>
    private Task ProgressAsync()
    {
        lock (_lock)
        {
            ThrowIfFailed();
            return _isSending ? (_progress ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
        }
    }

    private async Task IdleAsync()
    {
        for (var progress = ProgressAsync(); !ReferenceEquals(progress, Task.CompletedTask); progress = ProgressAsync())
        {
            await progress;
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new IOException($"the connection takes nothing more: {failure.Message}", failure);
        }
    }
}
