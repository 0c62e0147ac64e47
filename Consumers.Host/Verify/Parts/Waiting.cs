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
}
