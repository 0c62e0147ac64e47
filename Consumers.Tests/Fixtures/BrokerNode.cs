using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Consumers.Tests.Fixtures;

/// <summary>A RabbitMQ node of one test's or one class's own, with its own name daemon, to be alarmed, reconfigured and killed at will. Skips where the server is not installed.</summary>
public sealed class BrokerNode : IAsyncLifetime
{
    private const string Binaries = "/usr/lib/rabbitmq/bin";

    private readonly TempFolder _folder = new();
    private readonly string _name = $"own-{Guid.NewGuid():N}"[..12] + "@localhost";
    private readonly int _port = FreePort.Take();
    private readonly int _distributionPort = FreePort.Take();
    private readonly int _epmdPort = FreePort.Take();
    private readonly List<Process> _started = [];

    public Uri Url => UrlFor("guest", "guest");

    /// <summary>Of the server itself, not of the script that started it; 0 until it is started.</summary>
    public int Pid { get; private set; }

    public Uri UrlFor(string user, string password) => new($"amqp://{user}:{password}@127.0.0.1:{_port}/");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Starts it for the first test that asks.</summary>
    public async Task ReadyAsync()
    {
        Assert.SkipUnless(File.Exists($"{Binaries}/rabbitmq-server"), "RabbitMQ's server is not installed here: this test needs a node of its own");
        if (Pid != 0)
        {
            return;
        }
        Directory.CreateDirectory(_folder.File("mnesia"));
        Directory.CreateDirectory(_folder.File("log"));
        File.WriteAllText(_folder.File("rabbitmq.conf"), $"listeners.tcp.local = 127.0.0.1:{_port}\nlog.console = false\ndisk_free_limit.absolute = 50MB\nraft.wal_max_size_bytes = 67108864\n");
        File.WriteAllText(_folder.File("enabled_plugins"), "[].\n");
        File.WriteAllText(_folder.File("rabbitmq-env.conf"), "");
        await RestartAsync();
        await ControlAsync("await_startup");
    }

    /// <summary>Starts the server on the same data; returns when its port takes connections, which is before it serves them.</summary>
    public async Task RestartAsync()
    {
        var server = Start("rabbitmq-server", []);
        _started.Add(server);
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        await Eventually.TrueAsync(AnswersAsync, "the broker's port is open", TimeSpan.FromSeconds(120));
        Pid = PidsOf("beam.smp").Single();
    }

    /// <summary>Returns the pid that is gone.</summary>
    public async Task<int> Kill9Async()
    {
        var pid = Pid;
        using (var process = Process.GetProcessById(pid))
        {
            process.Kill();
            // Not only until its environment cannot be read: it gives that back before its sockets.
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        }
        Directory.Exists($"/proc/{pid}").ShouldBeFalse("the killed broker is gone");
        return pid;
    }

    /// <summary>Runs <c>rabbitmqctl</c> against this node alone; returns what it printed.</summary>
    public async Task<string> ControlAsync(params string[] arguments)
    {
        using var control = Start("rabbitmqctl", ["-n", _name, .. arguments]);
        var output = Task.WhenAll(control.StandardOutput.ReadToEndAsync(), control.StandardError.ReadToEndAsync());
        await control.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        control.ExitCode.ShouldBe(0, string.Join('\n', await output));
        return (await output)[0];
    }

    private Process Start(string command, string[] arguments)
    {
        var start = new ProcessStartInfo($"{Binaries}/{command}", arguments) { WorkingDirectory = _folder.Path, RedirectStandardOutput = true, RedirectStandardError = true };
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
    private List<int> PidsOf(string command)
    {
        var found = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid)
                    && File.ReadAllText($"{folder}/comm").Trim() == command
                    && File.ReadAllText($"{folder}/environ").Split('\0').Contains($"RABBITMQ_NODENAME={_name}"))
                {
                    found.Add(pid);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked, or belongs to somebody else.
            }
        }
        return found;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pid in PidsOf("beam.smp").Concat(PidsOf("epmd")))
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
        _started.ForEach(started => started.Dispose());
        _folder.Dispose();
    }
}
