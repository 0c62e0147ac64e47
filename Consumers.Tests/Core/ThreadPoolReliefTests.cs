using Consumers.Core;
using Microsoft.Extensions.Logging;

namespace Consumers.Tests.Core;

[CollectionDefinition(nameof(ThreadPoolReliefTests), DisableParallelization = true)]
[Collection(nameof(ThreadPoolReliefTests))]
public sealed class ThreadPoolReliefTests
{
    /// <summary>More than the pool adds by itself in the time of this test, at a thread or two a second.</summary>
    private const int More = 150;

    // Blocks on purpose and awaits nothing: what would go on here needs the very threads that are blocked.
    [Fact]
    public void A_pool_whose_threads_are_all_blocked_gets_more_and_a_warning_says_so()
    {
        ThreadPool.GetMinThreads(out var usual, out var completionPorts);
        // Hosts of earlier tests may have raised the minimum, and threads of theirs may be idle still.
        ThreadPool.SetMinThreads(Environment.ProcessorCount, completionPorts);
        var blocked = ThreadPool.ThreadCount + More;
        var warned = new Warned();
        using var release = new ManualResetEventSlim();
        using var through = new CountdownEvent(blocked);
        using var begun = new CountdownEvent(blocked);
        using var relief = new ThreadPoolRelief(warned);
        try
        {
            for (var i = 0; i < blocked; i++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(_ =>
                {
                    begun.Signal();
                    release.Wait();
                    through.Signal();
                }, null);
            }
            relief.StartAsync(CancellationToken.None).IsCompletedSuccessfully.ShouldBeTrue();

            warned.Event.Wait(TimeSpan.FromSeconds(60)).ShouldBeTrue("the warning");
            begun.Wait(TimeSpan.FromSeconds(60)).ShouldBeTrue($"all {blocked} have a thread; {begun.CurrentCount} have not");
            ThreadPool.GetMinThreads(out var raised, out _);
            raised.ShouldBeGreaterThan(Environment.ProcessorCount);
            warned.Text.ShouldContain("await instead of blocking");
        }
        finally
        {
            release.Set();
            through.Wait(TimeSpan.FromSeconds(60));
            ThreadPool.SetMinThreads(usual, completionPorts);
        }
    }

    private sealed class Warned : ILogger<ThreadPoolRelief>
    {
        public ManualResetEventSlim Event { get; } = new();

        public string Text { get; private set; } = "";

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Text = formatter(state, exception);
            Event.Set();
        }
    }
}
