using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Fire;

/// <summary>A RabbitMQ node of the test's own, with its own name daemon, to be killed at will. Skips the test where the server is not installed.</summary>
internal sealed class BrokerNode : IAsyncDisposable
{
    private const string Server = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    private readonly TempFolder _folder = new();
    private readonly string _name = $"fire-{Guid.NewGuid():N}"[..13] + "@localhost";
    private readonly int _port = HostProcess.FreePort();
    private readonly int _distributionPort = HostProcess.FreePort();
    private readonly int _epmdPort = HostProcess.FreePort();
    private readonly List<Process> _started = [];

    public Uri Url => new($"amqp://guest:guest@127.0.0.1:{_port}/");

    /// <summary>Of the server itself, not of the script that started it.</summary>
    public int Pid { get; private set; }

    public static async Task<BrokerNode> StartAsync()
    {
        Assert.SkipUnless(File.Exists(Server), $"{Server} is not installed: this test kills a RabbitMQ of its own");
        var node = new BrokerNode();
        foreach (var folder in (string[])["mnesia", "log"])
        {
            Directory.CreateDirectory(node._folder.File(folder));
        }
        File.WriteAllText(node._folder.File("rabbitmq.conf"), $"listeners.tcp.local = 127.0.0.1:{node._port}\nlog.console = false\ndisk_free_limit.absolute = 50MB\nraft.wal_max_size_bytes = 67108864\n");
        File.WriteAllText(node._folder.File("enabled_plugins"), "[].\n");
        File.WriteAllText(node._folder.File("rabbitmq-env.conf"), "");
        await node.RestartAsync();
        return node;
    }

    /// <summary>Starts the server on the same data; returns when its port takes connections.</summary>
    public async Task RestartAsync()
    {
        var start = new ProcessStartInfo(Server) { WorkingDirectory = _folder.Path, RedirectStandardOutput = true, RedirectStandardError = true };
        // The machine's own configuration must not leak in.
        start.Environment.Clear();
        foreach (var (name, value) in Environment())
        {
            start.Environment[name] = value;
        }
        var started = Process.Start(start)!;
        _started.Add(started);
        started.BeginOutputReadLine();
        started.BeginErrorReadLine();
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
                if (int.TryParse(Path.GetFileName(folder), out var pid)
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
            using var process = Process.GetProcessById(pid);
            process.Kill();
            await process.WaitForExitAsync();
        }
        _started.ForEach(started => started.Dispose());
        _folder.Dispose();
    }
}
