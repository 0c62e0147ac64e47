using System.Buffers.Binary;
using System.Net.Sockets;

namespace Consumers.Tests.Fixtures;

/// <summary>A proxy that understands what it forwards: a test decides frame by frame.</summary>
internal sealed class AmqpProxy : TcpProxy
{
    private AmqpProxy(Uri target)
        : base(target)
    {
    }

    /// <summary>Asked for each method frame, from several threads; forwards all unless told otherwise.</summary>
    public Func<AmqpFrame, AmqpVerdict> OnMethod { get; set; } = _ => AmqpVerdict.Forward;

    /// <summary>While true, every byte is written by itself.</summary>
    public bool IsSlicing { get; set; }

    public static new AmqpProxy Start(Uri target) => new(target);

    /// <summary>Ends when one side ends, or a verdict cuts.</summary>
    protected override async Task PumpAsync(NetworkStream from, NetworkStream to, int connection, bool fromClient, CancellationToken cut)
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
            await HoldAsync(cut);
            var verdict = frame[0] == 1 ? OnMethod(new AmqpFrame(connection, fromClient, frame)) : AmqpVerdict.Forward;
            if (verdict is AmqpVerdict.Forward or AmqpVerdict.CutAfter)
            {
                await WriteAsync(to, frame, cut);
            }
            if (verdict is AmqpVerdict.CutWithin)
            {
                await WriteAsync(to, frame[..(frame.Length / 2)], cut);
            }
            if (verdict is AmqpVerdict.CutBefore or AmqpVerdict.CutWithin or AmqpVerdict.CutAfter)
            {
                // The client sees a reset; what was forwarded to the broker arrives.
                (fromClient ? from : to).Socket.LingerState = new LingerOption(true, 0);
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
}

/// <summary>A method frame on its way.</summary>
/// <param name="Connection">Counted from 1.</param>
public readonly record struct AmqpFrame(int Connection, bool FromClient, byte[] Bytes)
{
    public int Channel => BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(1));

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

    /// <summary>Half of it arrives.</summary>
    CutWithin,
    CutAfter,
}
