using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Core;

/// <summary>
/// One call of a handler, on a thread of its own: a handler that blocks instead of awaiting must not block the code that watches it. It is the work item, the awaitable and the owner of the
/// token in one object, and is used again for the next call.
/// </summary>
internal sealed class HandlerRun : IThreadPoolWorkItem, IValueTaskSource<bool>
{
    private readonly IServiceProvider _services;
    private readonly TimeProvider _time;
    private readonly TimeSpan _grace;
    private readonly CancellationTokenSource _cancel;
    private readonly CancellationTokenRegistration _onInterrupt;
    private ManualResetValueTaskSourceCore<bool> _returned;
    private CancellationTokenRegistration _onCancelled;
    private ExecutionContext? _flow;
    private HandlerFor? _handler;
    private TaskContext? _task;
    private TaskOutcome? _outcome;
    private Exception? _error;
    private TaskCompletionSource? _late;
    private ITimer? _graceTimer;
    private int _isOver;

    public HandlerRun(IServiceProvider services, CancellationToken interrupt, TimeSpan grace, TimeProvider time)
    {
        (_services, _grace, _time) = (services, grace, time);
        _cancel = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _onInterrupt = interrupt.UnsafeRegister(static run => ((HandlerRun)run!)._cancel.Cancel(), this);
    }

    public bool IsCancelled => _cancel.IsCancellationRequested;

    /// <summary>Its handler still runs; ends when that returns. Null for one that has returned.</summary>
    public Task? Late => _late?.Task;

    /// <summary>The handler that runs.</summary>
    public HandlerFor Handler => _handler!;

    public void Prepare(HandlerFor handler, TaskContext task) => (_handler, _task) = (handler, task);

    /// <summary>Starts the handler. True when it has returned; false when it has not, although it was cancelled and the grace is over: a slot is not held for ever.</summary>
    public ValueTask<bool> StartAsync()
    {
        _flow = ExecutionContext.Capture();
        _cancel.CancelAfter(Handler.Timeout);
        _onCancelled = _cancel.Token.UnsafeRegister(static run => ((HandlerRun)run!).WaitForGrace(), this);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        return new ValueTask<bool>(this, _returned.Version);
    }

    /// <summary>What the handler returned; throws what it threw.</summary>
    public TaskOutcome? Outcome()
    {
        if (_error is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
        return _outcome;
    }

    /// <summary>False when it cannot be used again: its token was cancelled, or its clock is not the system's.</summary>
    public bool TryReset()
    {
        if (_late is not null || !_cancel.TryReset())
        {
            return false;
        }
        _returned.Reset();
        (_flow, _handler, _task, _outcome, _error) = (null, null, null, null, null);
        Volatile.Write(ref _isOver, 0);
        return true;
    }

    /// <summary>For one that is not used again, and whose handler has returned.</summary>
    public void Retire()
    {
        _onInterrupt.Unregister();
        _cancel.Dispose();
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_flow is { } flow)
        {
            ExecutionContext.Run(flow, static run => _ = ((HandlerRun)run!).InvokeAsync(), this);
        }
        else
        {
            _ = InvokeAsync();
        }
    }

    private async Task InvokeAsync()
    {
        try
        {
            var instance = _handler!.Registration.Resolve(_services, out var scope);
            if (scope is null)
            {
                _outcome = await HandleAsync(instance).ConfigureAwait(false);
            }
            else
            {
                await using var ofAttempt = new AsyncServiceScope(scope);
                _outcome = await HandleAsync(instance).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            _error = e;
        }
        _onCancelled.Unregister();
        if (!TryEnd(hasReturned: true))
        {
            Retire();
            _late!.SetResult();
        }
    }

    private ValueTask<TaskOutcome> HandleAsync(ITaskHandler handler)
    {
        var handling = handler.HandleAsync(_task!, _cancel.Token);
        CrashPoint.Hit(CrashPoints.Handling);
        return handling;
    }

    private void WaitForGrace() => _graceTimer = _time.CreateTimer(static run => ((HandlerRun)run!).GiveUp(), this, _grace, Timeout.InfiniteTimeSpan);

    private void GiveUp()
    {
        _late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!TryEnd(hasReturned: false))
        {
            _late = null;
        }
    }

    private bool TryEnd(bool hasReturned)
    {
        if (Interlocked.Exchange(ref _isOver, 1) != 0)
        {
            return false;
        }
        _graceTimer?.Dispose();
        _returned.SetResult(hasReturned);
        return true;
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _returned.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _returned.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _returned.OnCompleted(continuation, state, token, flags);
}
