using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using StackExchange.Redis;

namespace Consumers.Fleet;

/// <summary>Opens a connection to a Redis, with TLS where its address says so.</summary>
internal static class RespStream
{
    public static async Task<Stream> OpenAsync(ConfigurationOptions to, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var givesUp = cancellationToken.UnsafeRegister(static socket => ((Socket)socket!).Dispose(), socket);
        try
        {
            return await Task.Run(() => Open(socket, to), CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    /// <summary>Blocks, as everything that is done with the socket: once it has been used otherwise, the thread that reads would have to be woken by another.</summary>
    private static Stream Open(Socket socket, ConfigurationOptions to)
    {
        if (to.EndPoints[0] is DnsEndPoint name)
        {
            socket.Connect(name.Host, name.Port);
        }
        else
        {
            socket.Connect(to.EndPoints[0]);
        }
        var plain = new NetworkStream(socket, ownsSocket: true);
        if (!to.Ssl)
        {
            return plain;
        }
        var secure = new SslStream(plain);
        secure.AuthenticateAsClient(new SslClientAuthenticationOptions { TargetHost = to.SslHost });
        return secure;
    }
}
