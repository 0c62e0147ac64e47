using System.Collections.Concurrent;
using System.Diagnostics;

namespace Consumers.Host.Verify;

/// <summary>A process of this run: its output goes to a file, and its last lines are kept.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int Kept = 40;

    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly ConcurrentQueue<string> _last = new();
    private bool _isDisposed;

    private ChildProcess(Process process, string logFile)
    {
        (_process, _log) = (process, new StreamWriter(logFile, append: true) { AutoFlush = true });
        Pid = process.Id;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Pid { get; }

    /// <summary>Also of one that was disposed meanwhile: somebody may still be looking at it.</summary>
    public bool HasExited
    {
        get
        {
            lock (_process)
            {
                return _isDisposed || _process.HasExited;
            }
        }
    }

    /// <summary>128 + n for signal n.</summary>
    public int ExitCode => _process.ExitCode;

    public string LastLines => string.Join('\n', _last);

    /// <param name="inherits">Which variables of this process it gets; what <paramref name="environment"/> says goes before.</param>
    public static ChildProcess Start(
        string command, IEnumerable<string> arguments, Func<string, bool> inherits, IEnumerable<KeyValuePair<string, string>> environment, string folder, string logFile)
    {
        var start = new ProcessStartInfo(command, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => !inherits(name)).ToArray())
        {
            start.Environment.Remove(name);
        }
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        return new ChildProcess(Process.Start(start)!, logFile);
    }

    /// <summary>A line to its standard input.</summary>
    public async Task TellAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    public bool Signal(int signal) => Signals.Send(Pid, signal);

    public Task WaitAsync(TimeSpan atMost) => _process.WaitForExitAsync().WaitAsync(atMost, TimeProvider.System);

    /// <summary>SIGKILL; returns when the process is gone.</summary>
    public async Task KillAsync()
    {
        Signal(Signals.Kill);
        await _process.WaitForExitAsync();
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }
        _last.Enqueue(line);
        while (_last.Count > Kept)
        {
            _last.TryDequeue(out _);
        }
        lock (_log)
        {
            try
            {
                _log.WriteLine(line);
            }
            catch (ObjectDisposedException)
            {
                // A last line after the end.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasExited)
        {
            await KillAsync();
        }
        lock (_log)
        {
            _log.Dispose();
        }
        lock (_process)
        {
            _isDisposed = true;
            _process.Dispose();
        }
    }
}
