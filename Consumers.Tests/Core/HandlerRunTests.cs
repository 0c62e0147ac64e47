using Consumers.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Core;

public sealed class HandlerRunTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(30);
    private static readonly AsyncLocal<string?> Flowing = new();
    private readonly CancellationTokenSource _interrupt = new();
    private readonly Scripted _handler = new();
    private HandlerRun _run;

    public HandlerRunTests() => _run = Run(grace: TimeSpan.FromMinutes(1));

    [Fact]
    public async Task Used_again_it_does_not_run_into_the_timeout_of_the_run_before()
    {
        (await StartAsync(_ => new(TaskOutcome.Success()), Soon)).ShouldBeTrue();
        _run.TryReset().ShouldBeTrue();

        var wasCancelled = true;
        (await StartAsync(
            async token =>
            {
                await Task.Delay(Soon * 3, TimeProvider.System, CancellationToken.None);
                wasCancelled = token.IsCancellationRequested;
                return TaskOutcome.PermanentFailure("the second");
            },
            Timeout.InfiniteTimeSpan)).ShouldBeTrue();

        wasCancelled.ShouldBeFalse();
        _run.Outcome().ShouldBeOfType<TaskOutcome.Permanent>().Reason.ShouldBe("the second");
    }

    [Fact]
    public async Task Used_again_it_has_a_timeout_of_its_own()
    {
        (await StartAsync(_ => new(TaskOutcome.Success()), Timeout.InfiniteTimeSpan)).ShouldBeTrue();
        _run.TryReset().ShouldBeTrue();

        (await StartAsync(UntilCancelled, Soon)).ShouldBeTrue();

        _run.IsCancelled.ShouldBeTrue();
        Should.Throw<OperationCanceledException>(() => _run.Outcome());
    }

    [Fact]
    public async Task One_whose_token_was_cancelled_is_not_used_again()
    {
        (await StartAsync(UntilCancelled, Soon)).ShouldBeTrue();

        _run.TryReset().ShouldBeFalse();
    }

    [Fact]
    public async Task An_interrupt_reaches_one_that_is_used_again()
    {
        (await StartAsync(_ => new(TaskOutcome.Success()), Timeout.InfiniteTimeSpan)).ShouldBeTrue();
        _run.TryReset().ShouldBeTrue();
        await _interrupt.CancelAsync();

        (await StartAsync(UntilCancelled, Timeout.InfiniteTimeSpan)).ShouldBeTrue();

        _run.IsCancelled.ShouldBeTrue();
    }

    [Fact]
    public async Task A_handler_that_ignores_its_cancellation_is_given_up_and_ends_late()
    {
        _run = Run(grace: Soon);
        using var release = new ManualResetEventSlim();

        (await StartAsync(
            _ =>
            {
                release.Wait(CancellationToken.None);
                throw new InvalidOperationException("nobody hears of it");
            },
            Soon)).ShouldBeFalse();

        var late = _run.Late.ShouldNotBeNull();
        late.IsCompleted.ShouldBeFalse();
        _run.TryReset().ShouldBeFalse();
        release.Set();
        await late;
    }

    [Fact]
    public async Task What_flows_with_the_caller_reaches_the_handler_and_nothing_flows_back()
    {
        Flowing.Value = "span";
        string? seen = null;

        await StartAsync(
            _ =>
            {
                (seen, Flowing.Value) = (Flowing.Value, "the handler's own");
                return new(TaskOutcome.Success());
            },
            Timeout.InfiniteTimeSpan);

        seen.ShouldBe("span");
        Flowing.Value.ShouldBe("span");
    }

    public void Dispose() => _interrupt.Dispose();

    private HandlerRun Run(TimeSpan grace) =>
        new(new ServiceCollection().AddSingleton(_handler).BuildServiceProvider(), _interrupt.Token, grace, TimeProvider.System);

    private static async ValueTask<TaskOutcome> UntilCancelled(CancellationToken token)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        return TaskOutcome.Success();
    }

    private ValueTask<bool> StartAsync(Func<CancellationToken, ValueTask<TaskOutcome>> script, TimeSpan timeout)
    {
        _handler.Script = script;
        var context = new TaskContext { Id = "t-1", Type = "any", Payload = default, Attempt = 1, Series = 1, MaxRetries = 0, Module = "rabbit", WorkerId = "worker" };
        _run.Prepare(new HandlerFor(new HandlerRegistration(typeof(Scripted), IsScoped: false, new HandlerOptions()), timeout, HasBreaker: false), context);
        return _run.StartAsync();
    }

    private sealed class Scripted : ITaskHandler
    {
        public Func<CancellationToken, ValueTask<TaskOutcome>> Script { get; set; } = _ => new(TaskOutcome.Success());

        public bool CanHandle(string taskType) => true;

        public ValueTask<TaskOutcome> HandleAsync(TaskContext context, CancellationToken cancellationToken) => Script(cancellationToken);
    }
}
