using System.Net;
using System.Net.Sockets;

namespace Consumers.Host.Verify;

/// <summary>
/// Ports that nobody else takes between asking and binding: each is given once in this process, and all lie below the range from which the kernel takes the ports of
/// outgoing connections (32768 on Linux). A port of that range may be somebody's connection by the time it is bound; and a client that tries again and again to
/// reach a server that is down may be connected to itself there, which keeps the server from coming back.
/// </summary>
internal static class FreePort
{
    private const int First = 20_000;
    private const int Count = 12_000;

    // Two processes at once begin at different places.
    private static int _next = Environment.ProcessId * 97 % Count;

    public static int Take()
    {
        for (var tries = 0; tries < Count; tries++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _next) % Count);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // A server of somebody else's: the next one.
            }
        }
        throw new InvalidOperationException($"No port from {First} to {First + Count - 1} is free on 127.0.0.1.");
    }
}
