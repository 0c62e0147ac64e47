using Consumers.Core;

namespace Consumers.Host.Verify;

/// <summary>Publishes the mixes of all modules, turn by turn, at an even rate, and writes the publisher's own history of it.</summary>
internal sealed class LoadRunner(IReadOnlyList<(IOutsideBroker Broker, LoadMix Mix)> modules, ProcessHistory history, TimeProvider time)
{
    private const int MostOutstanding = 600;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private int _turn;
    private int _outstanding;
    private long _confirmed;
    private long _unknown;
    private long _refused;

    public long Confirmed => Interlocked.Read(ref _confirmed);

    public long Unknown => Interlocked.Read(ref _unknown);

    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Publishes so many as fast as the brokers confirm them.</summary>
    public async Task BurstAsync(int count, int atOnce, CancellationToken cancellationToken)
    {
        var open = new List<Task>();
        for (var i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            open.AddRange(PublishNext());
            while (open.Count >= atOnce)
            {
                open.Remove(await Task.WhenAny(open));
            }
        }
        await Task.WhenAll(open);
    }

    /// <summary>Publishes at the rate until it is enough; returns when the last publish is answered.</summary>
    /// <param name="rate">Messages a second over all modules.</param>
    public async Task RunAsync(double rate, CancellationToken enough)
    {
        using var timer = new PeriodicTimer(Tick, time);
        var open = new List<Task>();
        var (began, sent) = (time.GetTimestamp(), 0L);
        try
        {
            while (await timer.WaitForNextTickAsync(enough))
            {
                open.RemoveAll(task => task.IsCompleted);
                var due = (long)(time.GetElapsedTime(began).TotalSeconds * rate) - sent;
                sent += due;
                // While a broker is away, nothing is piled up beyond this: what is due then is left out.
                for (; due > 0 && Volatile.Read(ref _outstanding) < MostOutstanding; due--)
                {
                    open.AddRange(PublishNext());
                }
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
        }
        await Task.WhenAll(open);
    }

    /// <summary>One message that is not of the mix.</summary>
    public Task PublishAsync(string module, LoadMessage message) => PublishAsync(modules.First(entry => entry.Broker.Module == module).Broker, message, copy: 1);

    private IEnumerable<Task> PublishNext()
    {
        var (broker, mix) = modules[_turn++ % modules.Count];
        var message = mix.Next();
        return Enumerable.Range(1, message.Copies).Select(copy => PublishAsync(broker, message, copy)).ToArray();
    }

    private async Task PublishAsync(IOutsideBroker broker, LoadMessage message, int copy)
    {
        Interlocked.Increment(ref _outstanding);
        var key = new AttemptKey(message.Id, message.Sha256 is null ? 1 : 0, 0);
        if (copy == 1)
        {
            var more = message.Sha256 is { } sha ? $" poison={sha}" : $" max={message.MaxRetries}{(message.Key is { } its ? $" key={its}" : "")}";
            history.Write(HistoryEvents.Publish, key, 0, $"op=invoke{more}");
        }
        var answer = await broker.PublishAsync(message.Id, message.Key, message.Body);
        history.Write(HistoryEvents.Publish, key, 0, answer switch { PublishAnswer.Confirmed => "op=ok", PublishAnswer.Refused => "op=fail", _ => "op=info" });
        Interlocked.Increment(ref answer == PublishAnswer.Confirmed ? ref _confirmed : ref answer == PublishAnswer.Refused ? ref _refused : ref _unknown);
        Interlocked.Decrement(ref _outstanding);
    }
}
