using StackExchange.Redis;

namespace Consumers.Tests.Fixtures;

/// <summary>A Redis of the test's own on a free port: killed, frozen, flushed and spoiled at will. Skips where none is installed.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly RedisNode _node;
    private readonly string? _password;
    private ConnectionMultiplexer? _client;

    private RedisServer(string? password) => (_password, _node) = (password, new RedisNode(_folder.Path, new RunMark($"test-{Guid.NewGuid():N}"), password: password));

    public Uri Url => _node.Url;

    public int Port => _node.Port;

    /// <summary>The tests' own connection.</summary>
    public IDatabase Data => _client!.GetDatabase();

    public static async Task<RedisServer> StartAsync(string? password = null)
    {
        var server = Stopped(password);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>A port where nothing answers until <see cref="StartAgainAsync"/>.</summary>
    public static RedisServer Stopped(string? password = null)
    {
        Assert.SkipUnless(RedisNode.Binary is not null, "Redis is not installed here: this test needs a server of its own");
        return new RedisServer(password);
    }

    /// <summary>Starts with what was saved; nothing is, unless <see cref="SaveAsync"/> was called.</summary>
    public async Task StartAgainAsync()
    {
        await _node.StartAsync(CancellationToken.None);
        _client ??= await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{Port},abortConnect=false,allowAdmin=true,connectTimeout=5000,password={_password}");
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await Data.PingAsync().WaitAsync(TimeSpan.FromSeconds(1));
                    return true;
                }
                catch (Exception e) when (e is RedisException or TimeoutException)
                {
                    return false;
                }
            },
            "the test is connected to Redis", TimeSpan.FromSeconds(30));
    }

    public Task StartAgainIfDeadAsync() => _node.HasExited ? StartAgainAsync() : Task.CompletedTask;

    public Task SaveAsync() => Data.ExecuteAsync("SAVE");

    public Task FlushAsync() => Data.ExecuteAsync("FLUSHALL");

    public Task ScriptFlushAsync() => Data.Multiplexer.GetServer("127.0.0.1", Port).ScriptFlushAsync();

    public Task Kill9Async() => _node.KillAsync();

    public void Freeze() => _node.Signal(Signals.Stop).ShouldBeTrue();

    /// <summary>Does nothing to one that is dead.</summary>
    public void Thaw() => _node.Signal(Signals.Continue);

    public async Task<string?> GetAsync(string key) => await Data.StringGetAsync(key);

    /// <summary>0 for a counter that is not there.</summary>
    public async Task<long> CounterAsync(string consumer, string counter) => (long?)await Data.StringGetAsync($"stats:{consumer}:{counter}") ?? 0;

    public Task CounterIsAsync(string consumer, string counter, long value, TimeSpan? within = null)
    {
        long last = -1;
        return Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return (last = await CounterAsync(consumer, counter)) == value;
                }
                catch (Exception e) when (e is RedisException or TimeoutException)
                {
                    return false;
                }
            },
            () => $"stats:{consumer}:{counter} is {value}; it is {last}",
            within ?? TimeSpan.FromSeconds(30));
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.CloseAsync(allowCommandsToComplete: false);
        }
        await _node.DisposeAsync();
        _folder.Dispose();
    }
}
