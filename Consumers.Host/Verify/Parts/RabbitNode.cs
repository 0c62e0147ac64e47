namespace Consumers.Host.Verify;

/// <summary>A RabbitMQ node of its own, with its own name daemon, from the server's installed files: started, asked, killed, started again on the same data.</summary>
/// <param name="folder">For its data and logs.</param>
internal sealed class RabbitNode(string folder, RunMark mark) : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(120);

    private readonly string _name = $"own-{Guid.NewGuid():N}"[..12] + "@localhost";
    private readonly int _port = FreePort.Take();
    private readonly int _distributionPort = FreePort.Take();
    private readonly int _epmdPort = FreePort.Take();
    private readonly List<ChildProcess> _started = [];

    /// <summary>Where the server is; null when it is not installed. Debian puts a wrapper on the PATH that changes the user, so its own folder goes first.</summary>
    public static string? Binaries { get; } = new[] { "/usr/lib/rabbitmq/bin" }.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        .FirstOrDefault(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, "rabbitmq-server")) && File.Exists(Path.Combine(folder, "rabbitmqctl")));

    public Uri Url => UrlFor("guest", "guest");

    public int Port => _port;

    /// <summary>Of the server itself, not of the script that started it; 0 until it is started.</summary>
    public int Pid { get; private set; }

    public Uri UrlFor(string user, string password) => new($"amqp://{user}:{password}@127.0.0.1:{_port}/");

    /// <summary>Returns when its port takes connections, which is before it serves them.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.Combine(folder, "mnesia"));
        Directory.CreateDirectory(Path.Combine(folder, "log"));
        File.WriteAllText(Path.Combine(folder, "rabbitmq.conf"), $"listeners.tcp.local = 127.0.0.1:{_port}\nlog.console = false\ndisk_free_limit.absolute = 50MB\nraft.wal_max_size_bytes = 67108864\n");
        File.WriteAllText(Path.Combine(folder, "enabled_plugins"), "[].\n");
        File.WriteAllText(Path.Combine(folder, "rabbitmq-env.conf"), "");
        await StartAgainAsync(cancellationToken);
    }

    /// <summary>Starts the server on the same data.</summary>
    /// <exception cref="TimeoutException">Its port did not open.</exception>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        var server = Run("rabbitmq-server", []);
        _started.Add(server);
        if (!await Waiting.UntilAsync(async () => server.HasExited || await Waiting.IsOpenAsync(_port), StartLimit, cancellationToken) || server.HasExited)
        {
            throw new TimeoutException($"RabbitMQ did not start. Its last words:\n{server.LastLines}\nIts log is in {folder}/log.");
        }
        Pid = mark.Pids("beam.smp").Single(IsMine);
    }

    /// <summary>Returns the pid that is gone.</summary>
    public async Task<int> KillAsync()
    {
        var pid = Pid;
        Signals.Send(pid, Signals.Kill);
        // Not only until its environment cannot be read: it gives that back before its sockets.
        await Waiting.UntilAsync(() => Task.FromResult(!Directory.Exists($"/proc/{pid}")), TimeSpan.FromSeconds(30), CancellationToken.None);
        return pid;
    }

    /// <summary>Runs <c>rabbitmqctl</c> against this node alone.</summary>
    public async Task<(int ExitCode, string Output)> ControlAsync(params string[] arguments)
    {
        await using var control = Run("rabbitmqctl", ["-n", _name, .. arguments]);
        await control.WaitAsync(TimeSpan.FromSeconds(60));
        return (control.ExitCode, control.LastLines);
    }

    private ChildProcess Run(string command, string[] arguments) => ChildProcess.Start(
        // The machine's own configuration must not leak in.
        Path.Combine(Binaries!, command), arguments, name => name == "PATH", Environmental().Append(mark.Entry), folder, Path.Combine(folder, $"{command}.out"));

    private Dictionary<string, string> Environmental() => new()
    {
        ["LANG"] = "C.UTF-8",
        ["HOME"] = folder,
        ["ERL_EPMD_PORT"] = $"{_epmdPort}",
        ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        ["RABBITMQ_NODENAME"] = _name,
        ["RABBITMQ_DIST_PORT"] = $"{_distributionPort}",
        ["RABBITMQ_MNESIA_BASE"] = Path.Combine(folder, "mnesia"),
        ["RABBITMQ_LOG_BASE"] = Path.Combine(folder, "log"),
        ["RABBITMQ_CONFIG_FILE"] = Path.Combine(folder, "rabbitmq"),
        ["RABBITMQ_ADVANCED_CONFIG_FILE"] = Path.Combine(folder, "advanced"),
        ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(folder, "rabbitmq-env.conf"),
        ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(folder, "enabled_plugins"),
        ["RABBITMQ_PID_FILE"] = Path.Combine(folder, "rabbitmq.pid"),
        ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
    };

    private bool IsMine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ").Split('\0').Contains($"RABBITMQ_NODENAME={_name}");
        }
        catch (IOException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pid in mark.Pids("beam.smp").Concat(mark.Pids("epmd")).Where(IsMine))
        {
            Signals.Send(pid, Signals.Kill);
        }
        foreach (var started in _started)
        {
            await started.DisposeAsync();
        }
    }
}
