using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Consumers.Benchmarks;

/// <summary>A consumer on the client's own interface, for one run; a channel that is closed under it fails the run. Its event-raising relative costs an allocation a delivery.</summary>
internal abstract class RunConsumer(IChannel channel, BrokerRun run) : AsyncDefaultBasicConsumer(channel)
{
    protected BrokerRun Run => run;

    /// <summary>Consumes until the run is finished.</summary>
    public async Task<Sample> DrainAsync(ushort prefetch, CancellationToken cancellationToken)
    {
        await Channel.BasicQosAsync(0, prefetch, global: false, cancellationToken);
        var tag = await Channel.BasicConsumeAsync(run.Queue, autoAck: false, this, cancellationToken);
        var sample = await run.Finished.WaitAsync(cancellationToken);
        // A quorum queue may still hold back acks that it was sent, and forgets them when the channel closes; the answer to the cancel comes behind them.
        await Channel.BasicCancelAsync(tag, cancellationToken: cancellationToken);
        return sample;
    }

    public override Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason)
    {
        run.Fail($"the channel was closed: {reason.ReplyText}");
        return base.HandleChannelShutdownAsync(channel, reason);
    }
}
