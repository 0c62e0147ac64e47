using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Consumers.Host.Verify;

/// <summary>Stands between instances and their broker, so that the network between them can be broken.</summary>
internal class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, bool> _open = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _target;
    private readonly Task _accepting;
    private int _connections;

    protected TcpProxy(Uri target)
    {
        _target = target;
        _listener.Start();
        Url = new UriBuilder(target) { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;
        _accepting = AcceptAsync();
    }

    /// <summary>The target's URL with the proxy's address.</summary>
    public Uri Url { get; }

    /// <summary>Connections that were let through so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>While true, every new connection is reset at once, as if nothing listened.</summary>
    public bool IsClosed { get; set; }

    /// <summary>While true, connections stay open and nothing passes: a network that is gone without a word.</summary>
    public bool IsBlackHole { get; set; }

    /// <summary>Connections that are open now.</summary>
    public int Open => _open.Count;

    public static TcpProxy Start(Uri target) => new(target);

    /// <summary>Resets every connection; new ones are let through unless <see cref="IsClosed"/>. Returns how many there were.</summary>
    public int ResetAll()
    {
        var reset = 0;
        foreach (var client in _open.Keys)
        {
            if (_open.TryRemove(client, out _))
            {
                reset++;
                Reset(client);
            }
        }
        return reset;
    }

    /// <summary>Forwards one direction until a side ends; then the connection is closed.</summary>
    /// <param name="connection">Counted from 1.</param>
    protected virtual async Task PumpAsync(NetworkStream from, NetworkStream to, int connection, bool fromClient, CancellationToken cut)
    {
        var bytes = new byte[64 * 1024];
        int read;
        while ((read = await from.ReadAsync(bytes, cut)) > 0)
        {
            await HoldAsync(cut);
            await to.WriteAsync(bytes.AsMemory(0, read), cut);
        }
    }

    /// <summary>Waits for the end of the black hole.</summary>
    protected async Task HoldAsync(CancellationToken cut)
    {
        while (IsBlackHole)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cut);
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                if (IsClosed)
                {
                    Reset(client);
                    continue;
                }
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
            await server.ConnectAsync(_target.Host, _target.IsDefaultPort || _target.Port < 0 ? 5672 : _target.Port, cut.Token);
            (client.NoDelay, server.NoDelay) = (true, true);
            _open[client] = true;
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
            client.Dispose();
        }
    }

    private static void Reset(TcpClient client)
    {
        try
        {
            // Linger of zero: the socket closes with a reset, not with a polite end.
            client.LingerState = new LingerOption(true, 0);
            client.Close();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _stop.CancelAsync();
        ResetAll();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }
}
