using System.Net;
using System.Net.Sockets;

namespace Consumers.Host.Verify;

internal static class Waiting
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>False when it was not so in time.</summary>
    public static async Task<bool> UntilAsync(Func<Task<bool>> condition, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > atMost)
            {
                return false;
            }
            await Task.Delay(Interval, TimeProvider.System, cancellationToken);
        }
        return true;
    }

    public static async Task<bool> IsOpenAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>A port that takes connections only to close them serves nobody.</summary>
    public static async Task<bool> ServesAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port);
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(300), TimeProvider.System);
            return await client.GetStream().ReadAsync(new byte[1], soon.Token) > 0;
        }
        catch (OperationCanceledException)
        {
            // It holds the connection and waits for a request.
            return true;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}
