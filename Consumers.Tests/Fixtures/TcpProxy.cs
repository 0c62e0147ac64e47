using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Consumers.Tests.Fixtures;

/// <summary>Stands between an instance and its broker, so that a test can break the network.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, bool> _open = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _target;
    private readonly Task _accepting;

    private TcpProxy(Uri target)
    {
        _target = target;
        _listener.Start();
        Url = new UriBuilder(target) { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;
        _accepting = AcceptAsync();
    }

    /// <summary>The target's URL with the proxy's address.</summary>
    public Uri Url { get; }

    public static TcpProxy Start(Uri target) => new(target);

    /// <summary>While true, every new connection is reset at once, as if nothing listened.</summary>
    public bool IsClosed { get; set; }

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
                _ = ForwardAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using var server = new TcpClient();
        try
        {
            await server.ConnectAsync(_target.Host, _target.IsDefaultPort || _target.Port < 0 ? 5672 : _target.Port, _stop.Token);
            (client.NoDelay, server.NoDelay) = (true, true);
            _open[client] = true;
            await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream(), _stop.Token), server.GetStream().CopyToAsync(client.GetStream(), _stop.Token));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
        }
        finally
        {
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
        await _stop.CancelAsync();
        ResetAll();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }
}
