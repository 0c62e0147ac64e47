using System.Text;
using Consumers.Core;
using Consumers.Ledger;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consumers.Tests.Fixtures;

/// <summary>One instance in this process, with the scripted handler, a ledger in a folder of its own, and retry tiers of milliseconds.</summary>
public sealed class TestFleet : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly TempFolder _folder;
    private Task? _stopping;

    private TestFleet(IHost host, TempFolder folder, ScriptLog log) => (_host, _folder, Log) = (host, folder, log);

    public ScriptLog Log { get; }

    public IServiceProvider Services => _host.Services;

    public ITaskTransport Transport => Services.GetRequiredService<ITaskTransport>();

    public ITaskQueries Queries => Services.GetRequiredService<ITaskQueries>();

    public ModuleStats Stats => Services.GetRequiredService<PipelineStats>().For(Transport.Module);

    public static async Task<TestFleet> StartAsync(Action<TaskConsumersBuilder> addTransport, Action<ConsumersOptions>? configure = null, TempFolder? folder = null, string name = "test-1")
    {
        folder ??= new TempFolder();
        var log = new ScriptLog();
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection([new("CONSUMER_ID", name)]);
        builder.Logging.AddProvider(new TestOutputLogs());
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Services.AddSingleton(log);
        var consumers = builder.Services.AddTaskConsumers(options =>
        {
            options.Retry.Base = TimeSpan.FromMilliseconds(100);
            options.Retry.Cap = TimeSpan.FromMilliseconds(400);
            options.DrainTimeout = TimeSpan.FromSeconds(10);
            // Scripted failures are no outage.
            options.Breaker.Enabled = false;
            configure?.Invoke(options);
        });
        consumers.AddLedger(options => options.Path = folder.File("ledger.db"));
        addTransport(consumers);
        consumers.AddHandler<ScriptedHandler>(options => options.PermanentOn<NotSupportedException>());
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(30));
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new TestFleet(host, folder, log);
    }

    /// <summary>A task for the scripted handler.</summary>
    public static TaskMessage Task(params string[] steps) => TaskWithRetries(3, steps);

    public static TaskMessage TaskWithRetries(int maxRetries, params string[] steps) => TaskMessage.Create(
        "scripted",
        Encoding.UTF8.GetBytes($$"""{"steps":[{{string.Join(',', steps.Select(step => $"\"{step}\""))}}]}"""),
        maxRetries,
        TimeProvider.System.GetUtcNow());

    public async Task<TaskMessage> PublishAsync(params string[] steps)
    {
        var task = Task(steps);
        await Transport.PublishAsync(task, TestContext.Current.CancellationToken);
        return task;
    }

    public async Task<TaskDetails> ReachesAsync(string id, TaskState state)
    {
        TaskDetails? found = null;
        await Eventually.TrueAsync(
            async () => (found = await Queries.FindAsync(id, TestContext.Current.CancellationToken))?.Task.State == state,
            () => $"task {id} is {state}; it is {found?.Task.State.ToString() ?? "not there"}");
        return found!;
    }

    /// <summary>SIGTERM: drains and stops.</summary>
    public Task StopAsync() => _stopping ??= _host.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        Log.Gate.TrySetResult();
        await StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
        _folder.Dispose();
    }
}
