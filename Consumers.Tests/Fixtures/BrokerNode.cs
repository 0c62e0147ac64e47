namespace Consumers.Tests.Fixtures;

/// <summary>A RabbitMQ node of one test's or one class's own, with its own name daemon, to be alarmed, reconfigured and killed at will. Skips where the server is not installed.</summary>
public sealed class BrokerNode : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly RunMark _mark = new($"test-{Guid.NewGuid():N}");
    private readonly RabbitNode _node;

    public BrokerNode() => _node = new RabbitNode(_folder.Path, _mark);

    public Uri Url => _node.Url;

    /// <summary>Of the server itself, not of the script that started it; 0 until it is started.</summary>
    public int Pid => _node.Pid;

    public Uri UrlFor(string user, string password) => _node.UrlFor(user, password);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Starts it for the first test that asks.</summary>
    public async Task ReadyAsync()
    {
        Assert.SkipWhen(RabbitNode.Binaries is null, "RabbitMQ's server is not installed here: this test needs a node of its own");
        if (Pid == 0)
        {
            await _node.StartAsync(CancellationToken.None);
            await ControlAsync("await_startup");
        }
    }

    /// <summary>Starts the server on the same data; returns when its port takes connections, which is before it serves them.</summary>
    public Task RestartAsync() => _node.StartAgainAsync(CancellationToken.None);

    /// <summary>Returns the pid that is gone.</summary>
    public async Task<int> Kill9Async()
    {
        var pid = await _node.KillAsync();
        Directory.Exists($"/proc/{pid}").ShouldBeFalse("the killed broker is gone");
        return pid;
    }

    /// <summary>Runs <c>rabbitmqctl</c> against this node alone; returns what it printed.</summary>
    public async Task<string> ControlAsync(params string[] arguments)
    {
        var (exitCode, output) = await _node.ControlAsync(arguments);
        exitCode.ShouldBe(0, output);
        return output;
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _mark.EndAllAsync();
        _folder.Dispose();
    }
}
