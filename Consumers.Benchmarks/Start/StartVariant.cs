using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using RabbitMQ.Client;

namespace Consumers.Benchmarks;

/// <summary>Starts a process beside a queue that has one task, and takes the time until that is with its handler, and what the process then holds.</summary>
/// <param name="name"><c>raw</c>, <c>masstransit</c>, <c>fleet</c>: this program; <c>host</c>: the built host with dashboard and API.</param>
internal sealed class StartVariant(string name, string what, BenchBroker broker, QueueKind kind) : IVariant
{
    /// <summary>When the working set is read, after the first task.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    private readonly FleetConsume _fleet = new(withLedger: true);

    public string Name => name;

    public VariantMode Mode => new(what, IsOurs ? "ledger" : "none", IsOurs ? "all" : "none", "a process of its own", IsOurs ? "begun NORMAL, settled FULL" : "-");

    private bool IsOurs => name is "fleet" or "host";

    public async Task<Sample> MeasureAsync(int messages, CancellationToken cancellationToken)
    {
        var run = new BrokerRun(broker, BenchBroker.NewQueueName(name), kind, 1);
        IConsumeVariant declaring = IsOurs ? _fleet : name == "masstransit" ? new MassTransitConsume() : RawConsume.SingleAcks;
        await declaring.DeclareAsync(run, cancellationToken);
        using var folder = new TemporaryLedger();
        try
        {
            return name == "host" ? await HostAsync(run, Path.GetDirectoryName(folder.Path)!, cancellationToken) : await SelfAsync(run, cancellationToken);
        }
        finally
        {
            await declaring.DeleteAsync(run);
        }
    }

    private async Task<Sample> SelfAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        await broker.FillAsync(run.Queue, 1, cancellationToken);
        var start = new ProcessStartInfo("dotnet", [typeof(StartVariant).Assembly.Location, FirstTaskProcess.Verb, name, run.Queue, kind.ToWire(), broker.Url.ToString()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        try
        {
            var said = await process.StandardOutput.ReadLineAsync(cancellationToken);
            return said == FirstTaskProcess.Said ? await ReadAsync(process, clock.Elapsed, cancellationToken) : throw new RunFailedException($"it ended before its first task: {said}");
        }
        finally
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>The host runs its own handlers; that one begins, its status event says.</summary>
    private async Task<Sample> HostAsync(BrokerRun run, string folder, CancellationToken cancellationToken)
    {
        await using var connection = await broker.OpenAsync(cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        var events = (await channel.QueueDeclareAsync(cancellationToken: cancellationToken)).QueueName;
        await channel.QueueBindAsync(events, $"{run.Queue}.status", "task.sleep.processing", cancellationToken: cancellationToken);
        var began = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        var clock = new Stopwatch();
        await channel.BasicConsumeAsync(events, autoAck: true, new Listener(channel, () => began.TrySetResult(clock.Elapsed)), cancellationToken);
        await channel.BasicPublishAsync("", run.Queue, """{"id":"first","type":"sleep","payload":{"complexityMs":0}}"""u8.ToArray(), cancellationToken);
        clock.Start();
        using var process = Process.Start(BuiltHost.Verb(["run", "--urls", $"http://127.0.0.1:{FreePort()}"], run, folder))!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            var ended = process.WaitForExitAsync(cancellationToken);
            await Task.WhenAny(began.Task, ended);
            return began.Task.IsCompleted
                ? await ReadAsync(process, await began.Task, cancellationToken)
                : throw new RunFailedException($"the host ended before its first task: {await output}{await error}");
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task<Sample> ReadAsync(Process process, TimeSpan started, CancellationToken cancellationToken)
    {
        process.Refresh();
        var cpu = process.TotalProcessorTime;
        await Task.Delay(Settling, TimeProvider.System, cancellationToken);
        process.Refresh();
        return new Sample(1, started, cpu, 0, started) { WorkingSet = process.WorkingSet64 / (double)(1L << 20) };
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class Listener(IChannel channel, Action heard) : AsyncDefaultBasicConsumer(channel)
    {
        public override Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey,
            IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
        {
            heard();
            return Task.CompletedTask;
        }
    }
}
