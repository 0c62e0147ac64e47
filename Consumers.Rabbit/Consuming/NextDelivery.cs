using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Consumers.Rabbit;

internal static class NextDelivery
{
    /// <summary>Waits for a delivery; null when no more come.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<RabbitDelivery?> NextAsync(this ChannelReader<RabbitDelivery> reader)
    {
        if (reader.TryRead(out var delivery))
        {
            return delivery;
        }
        try
        {
            // Not WaitToRead: that one wakes every worker for every delivery.
            return await reader.ReadAsync();
        }
        catch (ChannelClosedException)
        {
            return null;
        }
    }
}
