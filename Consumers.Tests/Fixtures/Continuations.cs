namespace Consumers.Tests.Fixtures;

/// <summary>Where what waits goes on: decided by the test, so that a race has one outcome.</summary>
internal abstract class Continuations : SynchronizationContext
{
    /// <summary>What begins here goes on here.</summary>
    public Task<T> Begin<T>(Func<Task<T>> begin)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            return begin();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }
}

/// <summary>In the call that completes what was waited for.</summary>
internal sealed class ContinuationsInPlace : Continuations
{
    public override void Post(SendOrPostCallback d, object? state) => d(state);
}

/// <summary>When the test says so, as if no thread had been free until then.</summary>
internal sealed class ContinuationsOnCall : Continuations
{
    private readonly Queue<Action> _due = new();

    public override void Post(SendOrPostCallback d, object? state) => _due.Enqueue(() => d(state));

    /// <summary>Returns how many there were.</summary>
    public int RunAll()
    {
        var count = 0;
        for (; _due.TryDequeue(out var next); count++)
        {
            Begin(() =>
            {
                next();
                return Task.FromResult(0);
            });
        }
        return count;
    }
}
