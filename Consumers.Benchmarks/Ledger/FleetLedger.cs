using Consumers.Core;
using Consumers.Ledger;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Benchmarks;

/// <summary>The fleet's guard: every begin and every outcome is durable when its caller goes on, and callers share commits.</summary>
internal sealed class FleetLedger : IVariant
{
    private const int Callers = 256;

    public string Name => "fleet";

    public VariantMode Mode => new("ledger writer behind the guard", "ledger", "all", $"{Callers} outstanding", "begun NORMAL, settled FULL");

    public async Task<Sample> MeasureAsync(int messages, CancellationToken cancellationToken)
    {
        using var file = new TemporaryLedger();
        await using var host = QuietHost.Build(services => services.AddTaskConsumers().AddLedger(ledger => ledger.Path = file.Path));
        var meter = new Meter();
        await host.StartAsync(cancellationToken);
        var guard = host.Services.GetRequiredService<IAttemptGuard>();
        var taken = 0;
        meter.First();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(
            async () =>
            {
                while (Interlocked.Increment(ref taken) <= messages)
                {
                    await AttemptAsync(guard, cancellationToken);
                }
            },
            cancellationToken)));
        var sample = meter.Stop(messages);
        await host.StopAsync(cancellationToken);
        return sample;
    }

    private static async Task AttemptAsync(IAttemptGuard guard, CancellationToken cancellationToken)
    {
        var now = TimeProvider.System.GetUtcNow();
        var message = TaskMessage.Create(BenchTask.TypeName, BenchPayload.Json, maxRetries: 5, now);
        if (await guard.BeginAsync(new AttemptRequest(message, 1, "rabbit", Solitary: false), cancellationToken) is not AttemptBegin.Begun begun)
        {
            throw new RunFailedException($"attempt 1 of the new task {message.Id} did not begin");
        }
        var result = new AttemptResult(
            begun, TaskState.Completed, "success", Settlement.Ack.Instance, null, now, TimeProvider.System.GetUtcNow());
        if (!(await guard.SettleAsync(result, cancellationToken)).Accepted)
        {
            throw new RunFailedException($"the outcome of task {message.Id} was not accepted");
        }
    }
}
