using System.Net.Sockets;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>A socket as the client makes it, with <see cref="GatheredStream"/> on it.</summary>
internal sealed class GatheringTcpClient(AddressFamily family, TimeProvider time) : TcpClientAdapter(new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true })
{
    public override NetworkStream GetStream() => new GatheredStream(Client, time);
}
