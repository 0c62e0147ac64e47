using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Faults;

/// <summary>A RabbitMQ node of the tests' own, with its own name daemon, to be alarmed and reconfigured at will. Skips where the server is not installed.</summary>
public sealed class OwnBroker : IAsyncLifetime
{
    private const string Binaries = "/usr/lib/rabbitmq/bin";

    private readonly TempFolder _folder = new();
    private readonly string _name = $"own-{Guid.NewGuid():N}"[..12] + "@localhost";
    private readonly int _port = HostProcess.FreePort();
    private readonly int _distributionPort = HostProcess.FreePort();
    private readonly int _epmdPort = HostProcess.FreePort();
    private bool _isStarted;

    public string UrlFor(string user, string password) => $"amqp://{user}:{password}@127.0.0.1:{_port}/";

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Starts it for the first test that asks.</summary>
    public async Task ReadyAsync()
    {
        Assert.SkipUnless(File.Exists($"{Binaries}/rabbitmq-server"), "RabbitMQ's server is not installed here: this test needs a node of its own");
        if (_isStarted)
        {
            return;
        }
        _isStarted = true;
        Directory.CreateDirectory(_folder.File("mnesia"));
        Directory.CreateDirectory(_folder.File("log"));
        File.WriteAllText(_folder.File("rabbitmq.conf"), $"listeners.tcp.local = 127.0.0.1:{_port}\nlog.console = false\ndisk_free_limit.absolute = 50MB\nraft.wal_max_size_bytes = 67108864\n");
        File.WriteAllText(_folder.File("enabled_plugins"), "[].\n");
        File.WriteAllText(_folder.File("rabbitmq-env.conf"), "");
        using var server = Start("rabbitmq-server", []);
        await Eventually.TrueAsync(AnswersAsync, "the broker's port is open", TimeSpan.FromSeconds(120));
        await ControlAsync("await_startup");
    }

    /// <summary>Runs <c>rabbitmqctl</c> against this node alone.</summary>
    public async Task ControlAsync(params string[] arguments)
    {
        using var control = Start("rabbitmqctl", ["-n", _name, .. arguments]);
        var output = Task.WhenAll(control.StandardOutput.ReadToEndAsync(), control.StandardError.ReadToEndAsync());
        await control.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        control.ExitCode.ShouldBe(0, string.Join('\n', await output));
    }

    private Process Start(string command, string[] arguments)
    {
        var isServer = command == "rabbitmq-server";
        var start = new ProcessStartInfo($"{Binaries}/{command}", arguments) { WorkingDirectory = _folder.Path, RedirectStandardOutput = !isServer, RedirectStandardError = !isServer };
        // The machine's own configuration must not leak in.
        start.Environment.Clear();
        foreach (var (name, value) in Environment())
        {
            start.Environment[name] = value;
        }
        return Process.Start(start)!;
    }

    private Dictionary<string, string> Environment() => new()
    {
        ["PATH"] = System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin",
        ["LANG"] = "C.UTF-8",
        ["HOME"] = _folder.Path,
        ["ERL_EPMD_PORT"] = $"{_epmdPort}",
        ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        ["RABBITMQ_NODENAME"] = _name,
        ["RABBITMQ_DIST_PORT"] = $"{_distributionPort}",
        ["RABBITMQ_MNESIA_BASE"] = _folder.File("mnesia"),
        ["RABBITMQ_LOG_BASE"] = _folder.File("log"),
        ["RABBITMQ_CONFIG_FILE"] = _folder.File("rabbitmq"),
        ["RABBITMQ_ADVANCED_CONFIG_FILE"] = _folder.File("advanced"),
        ["RABBITMQ_CONF_ENV_FILE"] = _folder.File("rabbitmq-env.conf"),
        ["RABBITMQ_ENABLED_PLUGINS_FILE"] = _folder.File("enabled_plugins"),
        ["RABBITMQ_PID_FILE"] = _folder.File("rabbitmq.pid"),
        ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
    };

    private async ValueTask<bool> AnswersAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>By the node's name in their environment: a command line can be anybody's.</summary>
    private IEnumerable<int> Pids()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            var isOurs = false;
            try
            {
                isOurs = int.TryParse(Path.GetFileName(folder), out _)
                    && File.ReadAllText($"{folder}/comm").Trim() is "beam.smp" or "epmd"
                    && File.ReadAllText($"{folder}/environ").Split('\0').Contains($"RABBITMQ_NODENAME={_name}");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked, or belongs to somebody else.
            }
            if (isOurs)
            {
                yield return int.Parse(Path.GetFileName(folder), System.Globalization.CultureInfo.InvariantCulture);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pid in Pids().ToArray())
        {
            try
            {
                using var process = Process.GetProcessById(pid);
                process.Kill();
                await process.WaitForExitAsync();
            }
            catch (ArgumentException)
            {
                // Gone already.
            }
        }
        _folder.Dispose();
    }
}
