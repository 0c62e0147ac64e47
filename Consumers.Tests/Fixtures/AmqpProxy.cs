using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Consumers.Tests.Fixtures;

/// <summary>Stands between an instance and its broker and understands what it forwards: a test decides frame by frame.</summary>
public sealed class AmqpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, bool> _open = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _target;
    private readonly Task _accepting;
    private int _connections;

    private AmqpProxy(Uri target)
    {
        _target = target;
        _listener.Start();
        Url = new UriBuilder(target) { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;
        _accepting = AcceptAsync();
    }

    /// <summary>The target's URL with the proxy's address.</summary>
    public Uri Url { get; }

    /// <summary>Connections so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Asked for each method frame, from several threads; forwards all unless told otherwise.</summary>
    public Func<AmqpFrame, AmqpVerdict> OnMethod { get; set; } = _ => AmqpVerdict.Forward;

    /// <summary>While true, connections stay open and nothing passes: a network that is gone without a word.</summary>
    public bool IsBlackHole { get; set; }

    /// <summary>While true, every byte is written by itself.</summary>
    public bool IsSlicing { get; set; }

    public static AmqpProxy Start(Uri target) => new(target);

    /// <summary>Resets every connection; returns how many there were.</summary>
    public int ResetAll()
    {
        var reset = 0;
        foreach (var client in _open.Keys)
        {
            reset += _open.TryRemove(client, out _) ? 1 : 0;
            Reset(client);
        }
        return reset;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        try
        {
            _open[client] = true;
            await server.ConnectAsync(_target.Host, _target.IsDefaultPort || _target.Port < 0 ? 5672 : _target.Port, cut.Token);
            (client.NoDelay, server.NoDelay) = (true, true);
            var number = Interlocked.Increment(ref _connections);
            await await Task.WhenAny(
                PumpAsync(client.GetStream(), server.GetStream(), number, fromClient: true, cut.Token),
                PumpAsync(server.GetStream(), client.GetStream(), number, fromClient: false, cut.Token));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
        }
        finally
        {
            await cut.CancelAsync();
            _open.TryRemove(client, out _);
            Reset(client);
        }
    }

    /// <summary>Ends when one side ends, or a verdict cuts.</summary>
    private async Task PumpAsync(NetworkStream from, NetworkStream to, int connection, bool fromClient, CancellationToken cut)
    {
        // The protocol header of a client is the one thing that is no frame.
        if (fromClient)
        {
            var protocol = new byte[8];
            await from.ReadExactlyAsync(protocol, cut);
            await WriteAsync(to, protocol, cut);
        }
        var head = new byte[7];
        while (true)
        {
            await from.ReadExactlyAsync(head, cut);
            var frame = new byte[7 + BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(3)) + 1];
            head.CopyTo(frame, 0);
            await from.ReadExactlyAsync(frame.AsMemory(7), cut);
            while (IsBlackHole)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cut);
            }
            var verdict = frame[0] == 1 ? OnMethod(new AmqpFrame(connection, fromClient, frame)) : AmqpVerdict.Forward;
            if (verdict is AmqpVerdict.Forward or AmqpVerdict.CutAfter)
            {
                await WriteAsync(to, frame, cut);
            }
            if (verdict is AmqpVerdict.CutBefore or AmqpVerdict.CutAfter)
            {
                return;
            }
        }
    }

    private async ValueTask WriteAsync(NetworkStream to, byte[] bytes, CancellationToken cut)
    {
        if (!IsSlicing)
        {
            await to.WriteAsync(bytes, cut);
            return;
        }
        for (var i = 0; i < bytes.Length; i++)
        {
            await to.WriteAsync(bytes.AsMemory(i, 1), cut);
        }
    }

    private static void Reset(TcpClient client)
    {
        try
        {
            client.LingerState = new LingerOption(true, 0);
            client.Close();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        ResetAll();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }
}

/// <summary>A method frame on its way.</summary>
/// <param name="Connection">Counted from 1.</param>
public readonly record struct AmqpFrame(int Connection, bool FromClient, byte[] Bytes)
{
    public AmqpMethod Method => new(BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(7)), BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(9)));

    /// <summary>Of a basic.ack: the tag, and whether it covers all lower ones.</summary>
    public (ulong Tag, bool Multiple) Ack => (BinaryPrimitives.ReadUInt64BigEndian(Bytes.AsSpan(11)), (Bytes[19] & 1) != 0);
}

public enum AmqpVerdict
{
    Forward,

    /// <summary>The frame is lost, and the connection goes on as if it had arrived.</summary>
    Swallow,

    CutBefore,
    CutAfter,
}
