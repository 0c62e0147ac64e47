using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Hostile;

/// <summary>As much of AMQP 0-9-1 as it takes to publish with confirms; properties and body go out as the bytes they are.</summary>
internal sealed class RawPublisher : IAsyncDisposable
{
    private const byte Method = 1, Header = 2, Body = 3, End = 0xCE;

    private readonly TcpClient _client = new() { NoDelay = true };
    private readonly HashSet<ulong> _single = [];
    private Stream _stream = Stream.Null;
    private Stream _answers = Stream.Null;
    private ulong _published;
    private ulong _confirmed;

    /// <summary>The largest frame that the broker takes.</summary>
    public int FrameMax { get; private set; }

    /// <summary>Connects when the work queue is there: what is returned as unroutable is an error here.</summary>
    public static async Task<RawPublisher> ConnectAsync(RabbitBroker broker)
    {
        await Eventually.TrueAsync(() => IsDeclaredAsync(broker), "the work queue is declared");
        var raw = new RawPublisher();
        await raw.OpenAsync(new Uri(broker.Url));
        return raw;
    }

    private static async ValueTask<bool> IsDeclaredAsync(RabbitBroker broker)
    {
        try
        {
            return await broker.ReadyAsync(broker.WorkQueue) == 0;
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException)
        {
            return false;
        }
    }

    /// <summary>Publishes to a queue through the default exchange, and waits until the broker has confirmed all of them.</summary>
    public async Task PublishAsync(string queue, IEnumerable<HostileMessage> messages)
    {
        byte[] publish = [0, 60, 0, 40, 0, 0, 0, (byte)queue.Length, .. Encoding.ASCII.GetBytes(queue), 1];
        foreach (var message in messages)
        {
            await WriteAsync(Method, 1, publish);
            var properties = message.Properties.ToArray();
            var header = new byte[12 + properties.Length];
            header[1] = 60;
            BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(4), (ulong)message.Body.Length);
            properties.CopyTo(header, 12);
            await WriteAsync(Header, 1, header);
            for (var at = 0; at < message.Body.Length; at += FrameMax - 8)
            {
                await WriteAsync(Body, 1, message.Body.AsMemory(at, Math.Min(FrameMax - 8, message.Body.Length - at)));
            }
            _published++;
        }
        await _stream.FlushAsync();
        while (_confirmed + (ulong)_single.Count < _published)
        {
            var method = await ReadMethodAsync();
            switch (BinaryPrimitives.ReadUInt32BigEndian(method))
            {
                case (60 << 16) | 80:
                    var tag = BinaryPrimitives.ReadUInt64BigEndian(method.AsSpan(4));
                    if (method[12] == 1)
                    {
                        _confirmed = tag;
                        _single.RemoveWhere(single => single <= tag);
                    }
                    else
                    {
                        _single.Add(tag);
                    }
                    break;
                default:
                    throw new InvalidOperationException($"the broker answered {method[1]}/{method[3]}: {Encoding.UTF8.GetString(method.AsSpan(4))}");
            }
        }
    }

    private async Task OpenAsync(Uri broker)
    {
        await _client.ConnectAsync(broker.Host, broker.IsDefaultPort || broker.Port < 0 ? 5672 : broker.Port);
        _stream = new BufferedStream(_client.GetStream(), 1 << 16);
        _answers = new BufferedStream(_client.GetStream(), 1 << 12);
        await _stream.WriteAsync("AMQP\0\0\x09\x01"u8.ToArray());
        await _stream.FlushAsync();
        await ReadMethodAsync();
        var user = Uri.UnescapeDataString(broker.UserInfo).Split(':');
        var login = Encoding.UTF8.GetBytes($"\0{user[0]}\0{user[1]}");
        await CallAsync(0, [0, 10, 0, 11, 0, 0, 0, 0, 5, .. "PLAIN"u8, 0, 0, 0, (byte)login.Length, .. login, 5, .. "en_US"u8], isAnswered: false);
        var tune = await ReadMethodAsync();
        FrameMax = (int)BinaryPrimitives.ReadUInt32BigEndian(tune.AsSpan(6));
        await CallAsync(0, [0, 10, 0, 31, .. tune.AsSpan(4, 6), 0, 0], isAnswered: false);
        await CallAsync(0, [0, 10, 0, 40, 1, (byte)'/', 0, 0]);
        await CallAsync(1, [0, 20, 0, 10, 0]);
        await CallAsync(1, [0, 85, 0, 10, 0]);
    }

    private async Task CallAsync(ushort channel, byte[] method, bool isAnswered = true)
    {
        await WriteAsync(Method, channel, method);
        await _stream.FlushAsync();
        if (isAnswered)
        {
            await ReadMethodAsync();
        }
    }

    private async ValueTask WriteAsync(byte type, ushort channel, ReadOnlyMemory<byte> payload)
    {
        var head = new byte[7];
        head[0] = type;
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(1), channel);
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(3), (uint)payload.Length);
        await _stream.WriteAsync(head);
        await _stream.WriteAsync(payload);
        await _stream.WriteAsync(new byte[] { End });
    }

    private async Task<byte[]> ReadMethodAsync()
    {
        var head = new byte[7];
        while (true)
        {
            await _answers.ReadExactlyAsync(head);
            var payload = new byte[BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(3)) + 1];
            await _answers.ReadExactlyAsync(payload);
            if (head[0] == Method)
            {
                return payload;
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }
}
