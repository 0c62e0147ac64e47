using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using StackExchange.Redis;

namespace Consumers.Tests.Fixtures;

/// <summary>A Redis of the test's own on a free port: killed, frozen, flushed and spoiled at will. Skips where none is installed.</summary>
public sealed partial class RedisServer : IAsyncDisposable
{
    private const string Binary = "/usr/bin/redis-server";

    private readonly TempFolder _folder = new();
    private readonly int _port = FreePort.Take();
    private readonly string? _password;
    private Process? _process;
    private ConnectionMultiplexer? _client;

    private RedisServer(string? password) => _password = password;

    public Uri Url => new(_password is null ? $"redis://127.0.0.1:{_port}" : $"redis://:{Uri.EscapeDataString(_password)}@127.0.0.1:{_port}");

    public int Port => _port;

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
        Assert.SkipUnless(File.Exists(Binary), "Redis is not installed here: this test needs a server of its own");
        return new RedisServer(password);
    }

    /// <summary>Starts with what was saved; nothing is, unless <see cref="SaveAsync"/> was called.</summary>
    public async Task StartAgainAsync()
    {
        string[] password = _password is null ? [] : ["--requirepass", _password];
        _process = Process.Start(new ProcessStartInfo(
            Binary, ["--port", $"{_port}", "--bind", "127.0.0.1", "--save", "", "--dir", _folder.Path, .. password]) { RedirectStandardOutput = true })!;
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        await Eventually.TrueAsync(AnswersAsync, "Redis answers", TimeSpan.FromSeconds(30));
        _client ??= await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{_port},abortConnect=false,allowAdmin=true,connectTimeout=5000,password={_password}");
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

    public Task StartAgainIfDeadAsync() => _process is { HasExited: true } ? StartAgainAsync() : Task.CompletedTask;

    public Task SaveAsync() => Data.ExecuteAsync("SAVE");

    public Task FlushAsync() => Data.ExecuteAsync("FLUSHALL");

    public Task ScriptFlushAsync() => Data.Multiplexer.GetServer("127.0.0.1", _port).ScriptFlushAsync();

    public async Task Kill9Async()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    public void Freeze() => Signal(_process!.Id, 19).ShouldBe(0);

    /// <summary>Does nothing to one that is dead.</summary>
    public void Thaw() => Signal(_process!.Id, 18);

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

    private async ValueTask<bool> AnswersAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.CloseAsync(allowCommandsToComplete: false);
        }
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process?.Dispose();
        _folder.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int pid, int signal);
}
