using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consumers.Core;

/// <summary>
/// Keeps heartbeats and the lease alive when handlers block threads instead of awaiting. The pool adds a thread or two a second, and with all of them blocked
/// a connection is dead before its heartbeat gets one. A thread of its own asks the pool for a sign of life, and raises the pool's minimum when there is none.
/// </summary>
internal sealed partial class ThreadPoolRelief(ILogger<ThreadPoolRelief> logger) : IHostedService, IDisposable
{
    private const int Step = 16;

    /// <summary>Beyond this, more threads are no relief.</summary>
    private const int Most = 2000;

    private const int CalmProbes = 240;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly ManualResetEventSlim _stop = new();
    private Thread? _thread;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _thread = new Thread(Watch) { IsBackground = true, Name = "thread pool relief" };
        _thread.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _stop.Set();
        _thread?.Join();
        _stop.Dispose();
    }

    private void Watch()
    {
        ThreadPool.GetMinThreads(out var usual, out var completionPorts);
        var (calm, starved) = (0, 0);
        while (!_stop.Wait(Patience))
        {
            if (!IsStarved())
            {
                starved = 0;
                if (++calm == CalmProbes)
                {
                    ThreadPool.SetMinThreads(usual, completionPorts);
                }
                continue;
            }
            calm = 0;
            var threads = ThreadPool.ThreadCount;
            // A busy machine's start looks like this once: the first time in a row is mended without a word.
            if (threads < Most && ThreadPool.SetMinThreads(Math.Min(Most, threads + Math.Max(Step, threads)), completionPorts) && ++starved > 1)
            {
                Log.Starved(logger, threads);
            }
        }
    }

    /// <summary>Nothing that was queued ran, and hardly anything ended: the threads are blocked. When the processor is merely busy, work ends.</summary>
    private static bool IsStarved()
    {
        var completed = ThreadPool.CompletedWorkItemCount;
        // Not disposed: the pool may come to it long after nobody waits any more.
        var sign = new ManualResetEventSlim();
        ThreadPool.UnsafeQueueUserWorkItem(static sign => sign.Set(), sign, preferLocal: false);
        return !sign.Wait(Patience) && ThreadPool.CompletedWorkItemCount - completed < ThreadPool.ThreadCount;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Handlers block all {Threads} threads of the thread pool; it gets more, so that heartbeats and the lease go on. Make handlers await instead of blocking")]
        public static partial void Starved(ILogger logger, int threads);
    }
}
