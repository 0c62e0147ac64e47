using System.Net.Sockets;

namespace Consumers.Tests.Fixtures;

/// <summary>A network that can lose what the server answers: it has done what it was told, and nobody knows.</summary>
internal sealed class LossyProxy(Uri target) : TcpProxy(target)
{
    public bool LosesAnswers { get; set; }

    protected override async Task PumpAsync(NetworkStream from, NetworkStream to, int connection, bool fromClient, CancellationToken cut)
    {
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer, cut)) > 0)
        {
            if (fromClient || !LosesAnswers)
            {
                await to.WriteAsync(buffer.AsMemory(0, read), cut);
            }
        }
    }
}
